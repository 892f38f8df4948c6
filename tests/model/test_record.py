"""The record: fields, paths, what is left out, equality, repr."""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

import trailsdk
from trailsdk.errors import SelectorError
from trailsdk.model.path import parse_path
from trailsdk.model.record import RECORD_FIELDS
from trailsdk.model.times import EventVersion, parse_time

FULL = {
    "eventVersion": "1.11",
    "eventTime": "2026-03-07T09:00:00Z",
    "eventName": "PutObject",
    "requestParameters": {"bucketName": "b", "a.b": ["x", {"y": None}], "it's": 1, "x-amz-id-2": "z"},
    "resources": [{"ARN": "arn:aws:s3:::b"}, {"ARNPrefix": "arn:aws:s3:::b/", "accountId": ""}],
    "responseElements": None,
    "brandNew": {"field": 1},
}


def record(document: Any = None, **more: Any) -> trailsdk.Record:
    return trailsdk.parse_record((FULL if document is None else document) | more)


class TestFields:
    """
    Every field of the reference has an attribute.

    > AWS names in snake case, none of our own.

    -- style of trailsdk
    """

    def test_names(self) -> None:
        """Attributes are AWS's names in snake case."""
        for aws_name, name in RECORD_FIELDS.items():
            assert aws_name.lower() == name.replace("_", "")

    def test_fields_of_the_reference(self) -> None:
        """All top-level fields up to eventVersion 1.11, Insights and aggregated events are known."""
        names = (
            "eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode "
            "errorMessage requestParameters responseElements additionalEventData requestID eventID eventId readOnly "
            "resources eventType apiVersion managementEvent recipientAccountId recipientAccountID "
            "serviceEventDetails sharedEventID vpcEndpointId vpcEndpointAccountId addendum eventCategory "
            "sessionCredentialFromConsole edgeDeviceDetails tlsDetails eventContext annotation insightDetails "
            "accountId "
            "timeWindow summary"
        )
        assert set(names.split()) == set(RECORD_FIELDS)

    def test_absent_parts_are_empty(self) -> None:
        """A chain through absent parts ends in None, never in an AttributeError."""
        empty = trailsdk.parse_record({})
        assert not empty.user_identity
        assert empty.user_identity.session_context.session_issuer.arn is None
        assert empty.tls_details.tls_version is None
        assert empty.resources == ()
        assert empty.insight_details.insight_context.statistics.baseline.average is None
        assert empty.summary.primary_dimension.statistics == ()

    def test_parts_that_say_something_are_true(self) -> None:
        """A part is truthy where it holds anything, an unknown field too."""
        assert record(userIdentity={"type": "Root"}).user_identity
        assert record(userIdentity={"brandNew": 1}).user_identity
        assert not record(userIdentity={"sessionContext": {"sessionIssuer": {}}}).user_identity

    def test_flags_that_are_text(self) -> None:
        """`bool("false")` is true; a flag that AWS writes as text is read."""
        context = {"attributes": {"mfaAuthenticated": "false"}, "assumedRoot": "true"}
        session = record(userIdentity={"sessionContext": context}).user_identity.session_context
        assert session.attributes.mfa_authenticated is False
        assert session.assumed_root is True
        assert record(sessionCredentialFromConsole="true").session_credential_from_console is True
        assert record().session_credential_from_console is None

    def test_both_spellings_of_the_event_id(self) -> None:
        """Aggregated events spell it `eventId`."""
        assert record(eventId="a").event_id == "a"
        assert record(eventID="b").event_id == "b"

    def test_insights(self) -> None:
        """An Insights record gives its figures."""
        average = {"average": 9.82222e-5}
        statistics = {"baseline": average, "insight": {"average": 2}, "insightDuration": 5, "baselineDuration": 10080}
        values = [{"value": "null", "average": 1.5}]
        context = {
            "statistics": statistics,
            "attributions": [{"attribute": "userAgent", "insight": values, "baseline": []}],
        }
        details = record(insightDetails={"state": "Start", "insightContext": context}).insight_details
        assert details.insight_context.statistics.baseline.average == 9.82222e-5
        assert details.insight_context.statistics.insight.average == 2.0
        assert details.insight_context.attributions[0].insight[0].value == "null"

    def test_aggregated(self) -> None:
        """An aggregated event gives its window and its counts, in both spellings of times."""
        window = {"windowStart": "2025-10-30 23:45:00", "windowEnd": "2025-10-30T23:50:00Z", "windowSize": "PT5M"}
        statistics = [{"name": "GetObject", "value": 5}]
        primary = {"dimension": "eventName", "statistics": statistics, "aggregationType": "Count"}
        read = record(timeWindow=window, summary={"primaryDimension": primary})
        assert read.time_window.window_start == datetime(2025, 10, 30, 23, 45, tzinfo=UTC)
        assert read.summary.primary_dimension.statistics[0].value == 5

    def test_evolve(self) -> None:
        """A changed copy has no text any more, and says the rest as before."""
        changed = attrs.evolve(record(), event_name="GetObject")
        assert changed.raw is None
        assert changed.to_dict() == FULL | {"eventName": "GetObject"}

    def test_frozen(self) -> None:
        """A record cannot be changed."""
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            record().event_name = "x"  # type: ignore[misc]  # that is the test


class TestPaths:
    """`get` and `has` speak the selector language of filter patterns."""

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("eventName", "PutObject"),
            ("$.eventName", "PutObject"),
            ("requestParameters.bucketName", "b"),
            ("requestParameters['a.b'][0]", "x"),
            ("requestParameters.['a.b'][0]", "x"),
            ("$['requestParameters']['a.b'][1].y", None),
            ('requestParameters["it\'s"]', 1),
            ("requestParameters.x-amz-id-2", "z"),
            ("resources[1].accountId", ""),
            ("brandNew.field", 1),
            ("responseElements", None),
        ],
    )
    def test_present(self, path: str, value: object) -> None:
        """A path gives the value as it was written; a null is there."""
        assert record().get(path, "absent") == value
        assert record().has(path)

    @pytest.mark.parametrize(
        "path",
        [
            "errorCode",
            "requestParameters.nothing",
            "resources[2]",
            "resources.ARN",
            "eventName.x",
            "$[0]",
            "eventName[0]",
        ],
    )
    def test_absent(self, path: str) -> None:
        """A path that leads nowhere gives the default."""
        assert record().get(path) is None
        assert record().get(path, "absent") == "absent"
        assert not record().has(path)

    @pytest.mark.parametrize(
        ("path", "column"),
        [("", 0), ("$", 0), ("a..b", 1), ("a b", 1), ("a[x]", 1), ("$.a.", 3), ("a[*]", 1), ("a['b", 1), (".", 0)],
    )
    def test_misspelt(self, path: str, column: int) -> None:
        """An error tells the column."""
        with pytest.raises(SelectorError) as caught:
            record().get(path)
        assert caught.value.column == column

    def test_built_records(self) -> None:
        """A record that was built by keyword has paths too."""
        built = trailsdk.Record(event_name="X", request_parameters={"a": [1]}, extra={"brandNew": 2})
        assert [built.get(path) for path in ("eventName", "requestParameters.a[0]", "brandNew")] == ["X", 1, 2]

    def test_parsed_once(self) -> None:
        """A path is parsed once for all records."""
        assert parse_path("requestParameters.bucketName") is parse_path("requestParameters.bucketName")


class TestOmittedFields:
    """A large request can hide what it did: what was left out is named."""

    @pytest.mark.parametrize(
        "mark",
        [
            {"reason": "requestParameters too large", "omitted": "true", "originalSize": "149893"},
            {"reason": "requestParameters too large", "omitted": True, "originalSize": 149893},
            {"omitted": True},
            {"reason": "requestParameters too large"},
        ],
    )
    def test_marks(self, mark: dict[str, object]) -> None:
        """The forms in which the mark has been seen."""
        assert record(requestParameters=mark).omitted_fields == ("requestParameters",)

    @pytest.mark.parametrize("value", [None, {}, "true", {"omitted": "false"}, {"reason": "too slow"}, []])
    def test_no_marks(self, value: object) -> None:
        """Ordinary values are none."""
        assert record(requestParameters=value).omitted_fields == ()


class TestEquality:
    """Equality compares decoded values; the hash is by event id."""

    def test_order_and_space_do_not_count(self) -> None:
        """Two texts that say the same are equal records."""
        one = trailsdk.parse_record('{"eventID":"a","eventName":"\\u0058"}')
        other = trailsdk.parse_record('{ "eventName": "X", "eventID": "a" }')
        assert one == other
        assert hash(one) == hash(other)
        assert one.raw != other.raw

    def test_null_and_absent_differ(self) -> None:
        """A null is not nothing."""
        assert trailsdk.parse_record({"errorCode": None}) != trailsdk.parse_record({})

    def test_odd_values_differ(self) -> None:
        """Values of unexpected types count too."""
        assert trailsdk.parse_record({"eventName": 1}) != trailsdk.parse_record({"eventName": 2})

    def test_origin_does_not_count(self) -> None:
        """The same record read at two places is the same record."""
        data = b'{"Records":[{"eventID":"a"},{"eventID":"a"}]}'
        one, other = trailsdk.parse(data)
        assert one == other
        assert one.origin != other.origin

    def test_other_things(self) -> None:
        """A record is no dict."""
        assert record() != FULL


class TestRepr:
    """One line, and nothing of the payload."""

    def test_parts(self) -> None:
        """Time, source, name, actor, event id."""
        full = record(eventSource="s3.amazonaws.com", eventID="e", userIdentity={"type": "Root"})
        assert repr(full) == "<Record 2026-03-07T09:00:00Z s3.amazonaws.com PutObject root e>"

    def test_hostile_names(self) -> None:
        """Control characters and long names cannot break the line."""
        shown = repr(record(eventName="a\n\x1b[31m" + "x" * 5000))
        assert shown.isprintable()
        assert len(shown) < 400

    def test_parts_show_no_free_form_documents(self) -> None:
        """Unknown fields of a part may hold anything."""
        identity = record(userIdentity={"type": "Root", "brandNew": "wJalrXUtnFEMI"}).user_identity
        assert repr(identity) == "UserIdentity(type='Root')"


class TestTimes:
    """Times as records spell them."""

    @pytest.mark.parametrize(
        ("text", "time"),
        [
            ("2026-03-07T09:08:07Z", datetime(2026, 3, 7, 9, 8, 7, tzinfo=UTC)),
            ("20131102T010628Z", datetime(2013, 11, 2, 1, 6, 28, tzinfo=UTC)),
            (" 2026-03-07 09:08:07 ", datetime(2026, 3, 7, 9, 8, 7, tzinfo=UTC)),
            ("2026-03-07T09:08:07.123Z", datetime(2026, 3, 7, 9, 8, 7, 123000, tzinfo=UTC)),
            ("2026-03-07T09:08:07.1234567Z", datetime(2026, 3, 7, 9, 8, 7, 123457, tzinfo=UTC)),
            ("2026-03-07T09:08:07+02:00", datetime(2026, 3, 7, 7, 8, 7, tzinfo=UTC)),
            ("2026-03-07T09:08:07-0530", datetime(2026, 3, 7, 14, 38, 7, tzinfo=UTC)),
            ("2026-13-07T09:08:07Z", None),
            ("2026-03-07T09:08:07+99:00", None),
            ("0001-01-01T00:00:00+01:00", None),
            ("Jul 19, 2023 9:25:09 PM", None),
            ("٢٠٢٦-03-07T09:08:07Z", None),
            ("", None),
        ],
    )
    def test_spellings(self, text: str, time: datetime | None) -> None:
        """A time is read in UTC, or is None; the record keeps the text."""
        assert parse_time(text) == time
        read = trailsdk.parse_record({"eventTime": text})
        assert read.event_time == time
        assert read.get("eventTime") == text
        assert read.event_time is None or read.event_time.tzinfo is UTC


class TestEventVersion:
    """
    Versions compare as numbers.

    > Compare as (int(major), int(minor)). Never as float/str: "1.10" > "1.9"
    """

    def test_order(self) -> None:
        """1.10 is newer than 1.9 and 1.09."""
        texts = ["1.0", "1.01", "1.08", "1.09", "1.10", "1.11", "2.0"]
        versions = [EventVersion.parse(text) for text in texts]
        assert versions == sorted(versions)  # type: ignore[type-var]  # none of them is None
        assert [str(version) for version in versions] == texts
        assert record().event_version >= (1, 8)  # type: ignore[operator]  # it has one

    @pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.x", "1.1.1", "-1.0", "1.٢", "v1.0", " 1.0"])
    def test_no_version(self, text: str) -> None:
        """What is no version is None, and stays in `extra`."""
        read = trailsdk.parse_record({"eventVersion": text})
        assert read.event_version is None
        assert read.extra == {"eventVersion": text}
