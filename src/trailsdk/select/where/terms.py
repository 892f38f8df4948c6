"""Term patterns of CloudWatch Logs: words that the text of a record contains.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax", matching terms in unstructured log events.
"""

import re

from trailsdk.errors import PatternError
from trailsdk.select.where.regex import parse_regex
from trailsdk.select.where.tree import And, Condition, Contains, Not, Or

__all__ = ["parse_terms"]

_TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]*)%|(?P<word>[^\s"%]+))', re.DOTALL)
_WORD = re.compile(r"\w+")
_MOST_REGEXES = 2


def parse_terms(text: str) -> Condition:
    """Read a term pattern.

    Blanks join terms that must all be there; `-term` must not be there; of `?one ?other` one must be, but beside
    other terms such optional ones are ignored, as AWS does. An empty pattern is true of every record.

    Raises:
        PatternError: It is misspelt.
    """
    wanted: list[Condition] = []
    optional: list[Condition] = []
    regexes = at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TERM.match(text, at)
        if match is None:
            what = "regular expression" if text[at:].lstrip("-?").startswith("%") else "quotation mark"
            raise PatternError(
                text,
                at,
                f"the {what} does not end"
                if text[at] not in "-?" or text[at + 1 : at + 2].strip()
                else "expected a term",
            )
        regexes += match["regex"] is not None
        if regexes > _MOST_REGEXES:
            raise PatternError(text, at, f"there are more than {_MOST_REGEXES} regular expressions")
        term = _term(text, match)
        if match["sign"] == "?":
            optional.append(term)
        else:
            wanted.append(Not(term) if match["sign"] == "-" else term)
        at = match.end()
        if at < len(text) and not text[at].isspace():
            raise PatternError(text, at, "expected a blank between terms")
    if optional and not wanted:
        return Or.of(*optional)
    return And.of(*wanted) if wanted else And(())


def _term(text: str, match: "re.Match[str]") -> Condition:
    if match["regex"] is not None:
        return Contains(parse_regex(text, *match.span("regex")))
    if match["phrase"] is not None:
        phrase = re.sub(r'\\(["\\])', r"\1", match["phrase"])
        # Nothing but blanks stands for every log event.
        return Contains(phrase) if phrase.strip() else And(())
    word = match["word"]
    good = _WORD.match(word)
    if good is None or good.end() < len(word):
        at = match.start("word") + (0 if good is None else good.end())
        raise PatternError(text, at, f'a term with {text[at]!r} wants double quotes, such as "{"s3.amazonaws.com"}"')
    return Contains(word)
