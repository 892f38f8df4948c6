"""Filter patterns of CloudWatch Logs: AWS's own examples and answers, the grammar's edges, errors with their place."""

import json
import pickle
import re
import time
from typing import Any

import pytest
from filter_strategies import filter_patterns
from hypothesis import given
from hypothesis import strategies as st
from slow_filter import Pattern, holds, render
from spellings import documents, spelt

import trailsdk
from trailsdk import Record
from trailsdk.errors import PatternError, UsageError
from trailsdk.select import as_condition, filter_pattern, match

UPDATE_TRAIL = """{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"ThisFlag":true,"cluster.name":"c"}"""
USERS = """{"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},
{"id":3,"email":"Jane.Doe@example.com"}],"actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]}"""


def again(value: Any) -> Any:
    """Pickle a value, and read it back."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301 (our own)


STILES = '$.user.email = "John.Stiles@example.com"'
NONMATCH = '$.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch"'


def record_of(document: Any) -> Record:
    return trailsdk.parse_record(document if isinstance(document, str) else json.dumps(document))


class TestExamplesOfAws:
    """
    > Metric filters ... The following code snippet shows an example of a JSON event ... a filter pattern that matches.

    -- AWS, CloudWatch Logs User Guide, "Filter pattern syntax"
    """

    @pytest.mark.parametrize(
        "pattern",
        [
            '{ $.eventType = "UpdateTrail" }',
            "{ $.sourceIPAddress != 123.123.* }",
            '{ $.arrayKey[0] = "value" }',
            "{ $.objectList[1].id = 2 }",
            "{ $.SomeObject IS NULL }",
            "{ $.SomeOtherObject NOT EXISTS }",
            "{ $.ThisFlag IS TRUE }",
            "{ $.eventType = %Trail% }",
            "{ $.arrayKey[*] = %val.{2}% }",
            r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }",
            "{ $.['cluster.name'] = \"c\" }",
        ],
    )
    def test_they_match(self, pattern: str) -> None:
        """What AWS says matches does."""
        assert filter_pattern(pattern)(record_of(UPDATE_TRAIL))

    @pytest.mark.parametrize(
        ("pattern", "answer"),
        [
            ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
            (f"{{ {STILES} || {NONMATCH} }}", True),
            (f"{{ ({STILES} || {NONMATCH.replace('&&', ') &&')} }}", False),
            ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
        ],
    )
    def test_compounds(self, pattern: str, answer: bool) -> None:  # noqa: FBT001 (a parameter)
        """`&&` binds more than `||`, and parentheses more than both."""
        assert filter_pattern(pattern)(record_of(USERS)) is answer


DOCUMENT = {
    "eventName": "PutObject",
    "errorCode": None,
    "readOnly": True,
    "n": 1000,
    "list": [1, "two", {"three": 3}],
    "users": [],
    "userIdentity": {"type": "Root", "sessionContext": {"attributes": {"mfaAuthenticated": "true"}}},
    "account": "123456789012",
}


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        # Missing paths: every comparison is false, `!=` too.
        ('{ $.userIdentity.invokedBy != "x" }', False),
        ("{ $.missing > 0 }", False),
        ("{ $.missing NOT EXISTS }", True),
        ("{ $.missing IS NULL }", False),
        ("{ $.userIdentity.type.deeper NOT EXISTS }", True),
        # Objects and arrays equal nothing, and differ from nothing.
        ("{ $.users != 1 }", False),
        ("{ $.users = * }", False),
        ("{ $.users NOT EXISTS }", False),
        ("{ $.userIdentity != Root }", False),
        # Null.
        ("{ $.errorCode IS NULL }", True),
        ("{ $.errorCode NOT EXISTS }", False),
        ("{ $.errorCode = null }", False),
        ("{ $.errorCode != null }", False),
        # Flags, and texts that look like flags.
        ("{ $.readOnly IS TRUE }", True),
        ("{ $.readOnly IS FALSE }", False),
        ("{ $.readOnly = true }", False),
        ("{ $.userIdentity.sessionContext.attributes.mfaAuthenticated IS TRUE }", False),
        ("{ $.userIdentity.sessionContext.attributes.mfaAuthenticated = true }", True),
        # Stars at the ends only; alone, it is any string or number.
        ("{ $.eventName = Put* }", True),
        ("{ $.eventName = *Object }", True),
        ("{ $.eventName = *tObj* }", True),
        ("{ $.eventName = P*t }", False),
        ("{ $.eventName = * }", True),
        ('{ $.eventName = "Put*" }', True),
        ("{ $.eventName = put* }", False),
        # Numbers.
        ("{ $.n = 1e3 }", True),
        ("{ $.n = 1000.0 }", True),
        ("{ $.n != 1000 }", False),
        ("{ $.n >= 1000 }", True),
        ("{ $.n < 1e3 }", False),
        ("{ $.n = 10* }", True),
        ('{ $.n = "1000" }', True),
        ("{ $.account = 123456789012 }", True),
        ("{ $.account > 1 }", False),
        # Indexes and steps to all there is.
        ("{ $.list[1] = two }", True),
        ("{ $.list[3] NOT EXISTS }", True),
        ("{ $.eventName[0] NOT EXISTS }", True),
        ("{ $.list[*] = two }", True),
        ("{ $.list[*] != two }", True),
        ("{ $.list[*].three = 3 }", True),
        ("{ $.users[*] NOT EXISTS }", True),
        ("{ $.userIdentity.* = Root }", True),
        ("{ $.* = PutObject }", True),
        # Spaces are free.
        ("{$.eventName=PutObject&&$.n=1000}", True),
        ("  {\n( $.eventName=PutObject )\t}  ", True),
        # Regular expressions.
        ("{ $.eventName = %^Put% }", True),
        ("{ $.eventName = %^Object% }", False),
        ("{ $.eventName = %Get|Put% }", True),
        (r"{ $.eventName = %\x50ut\w+% }", True),
        ("{ $.eventName != %Put% }", False),
        ("{ $.missing != %Put% }", False),
    ],
)
def test_semantics(pattern: str, answer: bool) -> None:  # noqa: FBT001 (a parameter)
    """Each rule of the language, by an example."""
    assert filter_pattern(pattern)(record_of(DOCUMENT)) is answer


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("", True),
        ('" "', True),
        ("PutObject", True),
        ("PutObject Root", True),
        ("PutObject Leaf", False),
        ("PutObject -Root", False),
        ("PutObject -Leaf", True),
        ("-Leaf", True),
        ("?Leaf ?Root", True),
        ("?Leaf ?Branch", False),
        ("PutObject ?Leaf", True),
        ('"\\"eventName\\":\\"PutObject\\""', True),
        ("Object", True),
        ("putobject", False),
        ("%Put(?!x)%", None),
        ("%Put[A-Z]%", True),
        ("-%Put[A-Z]%", False),
    ],
)
def test_terms(pattern: str, answer: bool | None) -> None:  # noqa: FBT001 (a parameter)
    """Terms are looked for in the record's own text."""
    text = json.dumps(DOCUMENT, separators=(",", ":"))
    if answer is None:
        with pytest.raises(PatternError):
            filter_pattern(pattern)
    else:
        assert filter_pattern(pattern)(record_of(text)) is answer


@pytest.mark.parametrize(
    ("pattern", "column", "reason"),
    [
        ("{ }", 2, "expected a selector"),
        ("{ $.a = 1", 9, "expected `}`"),
        ("{ $.a = 1 } x", 12, "behind the pattern"),
        ("{ $.a = }", 8, "expected a value"),
        ("{ $.a == 1 }", 7, "expected a value"),
        ("{ $.a = 'b' }", 8, "double quotation marks"),
        ("{ $.a EXISTS }", 6, "no EXISTS"),
        ("{ $.a IS NOT NULL }", 9, "no IS NOT"),
        ("{ $.a IS 5 }", 9, "NULL, TRUE or FALSE"),
        ("{ $.a NOT NULL }", 10, "EXISTS behind NOT"),
        ("{ $.a LIKE b }", 6, "expected =, !="),
        ("{ a = 1 }", 2, "expected a selector"),
        ("{ $ = 1 }", 3, "expected .name"),
        ("{ $.a..b = 1 }", 5, "expected .name"),
        ('{ $.["a"] = 1 }', 3, "expected .name"),
        ("{ ($.a = 1 }", 11, "`)`"),
        ("{ $.a = 1 & $.b = 2 }", 10, "`&&`"),
        ('{ $.a = "x }', 8, "does not end"),
        ("{ $.a > b }", 8, "wants a number"),
        ('{ $.a > "5" }', 8, "wants a number"),
        ("{ $.a > 1e999 }", 8, "too large"),
        ("{ $.a[*].b[*] = 1 }", 2, "one wildcard"),
        ("{ $.*=1 && $.*=1 && $.*=1 && $.*=1 }", 29, "3 wildcard"),
        ("{ $.a = %x% && $.b = %y% && $.c = %z% }", 34, "2 regular"),
        ("{ $.a = %x }", 8, "does not end"),
        ("{ $.a = %% }", 9, "empty"),
        ("{ $.a = %(a)% }", 9, "no place"),
        ("{ $.a = %a{2% }", 10, "repetition"),
        ("{ $.a = %a**% }", 11, "quantifier"),
        ("{ $.a = %*a% }", 9, "nothing before it"),
        ("{ $.a = %a{999}b{999}% }", 0, "more than 1000"),
        ("{ $.a = %[b-a]% }", 12, "empty"),
        ("{ $.a = %[ab% }", 9, "does not end"),
        (r"{ $.a = %\q% }", 9, "no escape"),
        ("{ $.a = %a^b% }", 10, "begin"),
        ("{ $.a = %é% }", 9, "no place"),
        ("[a, b=ERROR]", 0, "space-delimited"),
        ("s3.amazonaws.com", 2, "double quotes"),
        ('"open', 0, "does not end"),
        ("{ " + "(" * 200 + "$.a=1" + ")" * 200 + " }", 102, "100 parentheses"),
        ("{ $.a = " + "x" * 1024 + " }", 1024, "longer than 1024"),
    ],
)
def test_errors(pattern: str, column: int, reason: str) -> None:
    """What cannot be understood is an error that says what and where."""
    with pytest.raises(PatternError) as caught:
        filter_pattern(pattern)
    assert reason in caught.value.reason
    assert caught.value.column == column or not column
    assert isinstance(caught.value, UsageError)
    assert str(again(caught.value)) == str(caught.value)


class TestTwoEvaluators:
    """Two evaluators, written apart, give the same answer."""

    @given(filter_patterns, documents, st.data())
    def test_they_agree(self, pattern: Pattern, document: dict[str, Any], data: st.DataObject) -> None:
        """Compiled and slow agree, however the record is spelt."""
        text = f"{{ {render(pattern)} }}"
        try:
            condition = filter_pattern(text)
        except PatternError as error:
            assert "wildcard" in error.reason or "longer" in error.reason  # noqa: PT017 (often there is none)
            return
        spelling = data.draw(spelt(document))
        record = record_of(spelling)
        assert condition(record) is holds(pattern, json.loads(spelling)), text

    @given(filter_patterns, documents)
    def test_built_records(self, pattern: Pattern, document: dict[str, Any]) -> None:
        """A record that was built by keyword is judged by what would be written of it."""
        try:
            condition = filter_pattern(f"{{ {render(pattern)} }}")
        except PatternError:
            return
        built = Record(extra=document)
        assert condition(built) is holds(pattern, built.to_dict())


class TestConditions:
    """Conditions are values, joined by `&`, `|` and `~`."""

    def test_they_join_whatever_where_takes(self) -> None:
        """On either side of `&` and `|` there may be text, a mapping or a function."""
        record = record_of(DOCUMENT)
        put = match(event_name="Put*")
        assert (put & "{ $.n = 1000 }" & {"readOnly": [True]} & (lambda each: each.event_name == "PutObject"))(record)
        assert ("{ $.n = 1000 }" & put)(record)
        assert ({"n": [5]} | put)(record)
        assert not (~put)(record)
        assert ((lambda _: False) | put)(record)

    def test_they_are_values(self) -> None:
        """The same text gives equal conditions, which can be pickled."""
        one, other = filter_pattern("{ $.a = 1 }"), filter_pattern("{ $.a = 1 }")
        assert one == other
        assert hash(one) == hash(other)
        assert again(one & match(actor_arn="x")) == one & match(actor_arn="x")
        assert one(record_of({"a": 1}))
        assert again(one)(record_of({"a": 1}))

    def test_what_is_no_condition(self) -> None:
        """Whatever is none of these is an error."""
        with pytest.raises(UsageError, match="got a int"):
            as_condition(5)  # type: ignore[arg-type]  # the point


class TestRegularExpressions:
    """Regular expressions take time linear to the text."""

    @pytest.mark.parametrize(
        "text", [".*" * 40 + "x", "a*" * 100 + "b", "[a-z]+[a-z]+[a-z]+[a-z]+[a-z]+1", "a?" * 300 + "a{300}b"]
    )
    def test_no_pattern_takes_long(self, text: str) -> None:
        """What makes others take for ever does not here: a hundred thousand characters in less than seconds."""
        condition = filter_pattern(f"{{ $.userAgent = %{text}% }}")
        record = record_of({"userAgent": "a" * 100_000})
        start = time.process_time()
        assert not condition(record)
        assert time.process_time() - start < 5

    @given(
        st.lists(
            st.sampled_from(
                [
                    "a",
                    "b",
                    "ab",
                    ".",
                    "a*",
                    "b+",
                    "a?",
                    "[ab]",
                    "[^a]",
                    "a{2}",
                    "b{1,2}",
                    "a{0,}",
                    r"\d",
                    r"\W",
                    r"\x61",
                    "|",
                    "^a",
                    "b$",
                ]
            ),
            min_size=1,
            max_size=6,
        ),
        st.text("ab1-\n", max_size=8),
    )
    def test_they_agree_with_the_standard_library(self, parts: list[str], text: str) -> None:
        """Where the language is the same, so are the answers."""
        regex = "".join(parts)
        try:
            condition = filter_pattern(f"{{ $.a = %{regex}% }}")
        except PatternError:
            return
        expected = re.search(regex.replace("$", r"\Z"), text, re.ASCII) is not None
        assert condition(record_of({"a": text})) is expected
