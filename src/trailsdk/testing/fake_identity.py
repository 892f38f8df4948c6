"""Who signed a request to a fake service, and what STS and EC2 tell of it: account and Regions."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from attrs import frozen

__all__ = ["SOMEBODY", "Caller", "RefusedError", "answer_query", "caller_of"]

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/")


@frozen
class RefusedError(Exception):
    """An answer that refuses."""

    code: str
    message: str = ""
    status: int = 400


@frozen
class Caller:
    """Who asks, and where."""

    account: str
    region: str


SOMEBODY = Caller("111122223333", "eu-west-1")
"""Who asks, where a request does not tell."""


def caller_of(authorization: str, accounts: Mapping[str, str]) -> Caller:
    """Read the header of a signed request. Nobody checks the signature.

    Args:
        authorization: The header.
        accounts: Accounts by access key.
    """
    match = _CREDENTIAL.search(authorization)
    if match is None:
        return SOMEBODY
    return Caller(accounts.get(match["key"], SOMEBODY.account), match["region"])


def answer_query(content: bytes, answer: Callable[[str, Mapping[str, str]], Mapping[str, Any]]) -> tuple[int, bytes]:
    """Answer a request of the older protocols, which are forms and XML: GetCallerIdentity and DescribeRegions.

    Args:
        content: The form.
        answer: Gives what the operation answers.

    Returns:
        Status and body.
    """
    asked = dict(parse_qsl(content.decode()))
    operation = asked.get("Action", "")
    try:
        found = answer(operation, asked)
    except RefusedError as refused:
        error = f"<Error><Code>{escape(refused.code)}</Code><Message>{escape(refused.message)}</Message></Error>"
        # STS has the one form, EC2 the other.
        form = f"<Errors>{error}</Errors>" if operation == "DescribeRegions" else error
        return refused.status, f"<Response>{form}<RequestID>1</RequestID></Response>".encode()
    if operation == "DescribeRegions":
        items = "".join(f"<item><regionName>{escape(each)}</regionName></item>" for each in found["Regions"])
        body = f"<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
    else:
        result = f"<GetCallerIdentityResult><Account>{escape(found['Account'])}</Account></GetCallerIdentityResult>"
        body = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
    return 200, body.encode()
