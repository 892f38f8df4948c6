"""Conditions by keyword: `match(event_name="Put*", read_only=False)`."""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from typing import Any

from attrs import frozen

from trailsdk.errors import UsageError
from trailsdk.model.record import Record
from trailsdk.select.where.checks import Check, Cidr, Is, Shell, Text
from trailsdk.select.where.tree import And, Attribute, Condition, Or, Test

__all__ = ["Texts", "match"]

Texts = str | Iterable[str] | None
"""One text or several, of which one is to fit; with `*`, `?`, `[abc]` and `[!abc]` as shells have them."""


def match(  # noqa: PLR0913 (a keyword for each field)
    *,
    event_name: Texts = None,
    event_source: Texts = None,
    event_type: Texts = None,
    event_id: Texts = None,
    aws_region: Texts = None,
    recipient_account_id: Texts = None,
    source_ip_address: Texts = None,
    user_agent: Texts = None,
    error_code: Texts = None,
    actor_arn: Texts = None,
    actor_name: Texts = None,
    identity_type: Texts = None,
    access_key_id: Texts = None,
    resource_arn: Texts = None,
    resource_type: Texts = None,
    read_only: bool | None = None,
) -> Condition:
    """Make a condition of what fields are to be. All that is given must hold; of several texts for one field, one.

    Upper and lower case count.

    Args:
        event_name: `eventName`, such as `PutBucketPolicy` or `Put*`.
        event_source: `eventSource`, such as `s3.amazonaws.com`.
        event_type: `eventType`, such as `AwsApiCall`.
        event_id: `eventID`.
        aws_region: `awsRegion`.
        recipient_account_id: `recipientAccountId`.
        source_ip_address: `sourceIPAddress`; or a network, such as `198.51.100.0/24`.
        user_agent: `userAgent`.
        error_code: `errorCode`; `*` is any error.
        actor_arn: ARN of who really did it, `record.actor.arn`: for a role, the role's.
        actor_name: Its name, `record.actor.name`.
        identity_type: `userIdentity.type`, such as `Root`.
        access_key_id: `userIdentity.accessKeyId`.
        resource_arn: `ARN` of one of the `resources`.
        resource_type: `type` of one of the `resources`.
        read_only: `readOnly`; a record that does not say is neither.

    Raises:
        UsageError: A value is not of its type.
    """
    given = dict(locals())
    parts: list[Condition] = []
    for name, field in FIELDS.items():
        value = given[name]
        if value is not None:
            parts.append(field.condition(name, value))
    if read_only is not None:
        if not isinstance(read_only, bool):
            raise UsageError(f"read_only={read_only!r}: expected True or False")
        parts.append(Attribute("read_only", Is(read_only), _read_only))
    return And.of(*parts) if parts else And(())


@frozen
class _Field:
    """How a keyword is asked of a record."""

    path: tuple[str, ...] = ()
    read: Callable[[Record], Any] | None = None
    verbatim: bool = False
    networks: bool = False

    def condition(self, name: str, value: Any) -> Condition:
        texts = (value,) if isinstance(value, str) else value
        if not isinstance(texts, Iterable) or isinstance(texts, (bytes, Mapping)):
            raise UsageError(f"{name}={value!r}: expected text, or several texts")
        found = [self._one(name, text) for text in texts]
        if not found:
            raise UsageError(f"{name}: expected at least one text")
        return Or.of(*found)

    def _one(self, name: str, text: Any) -> Condition:
        if not isinstance(text, str):
            raise UsageError(f"{name}={text!r}: expected text; account ids may begin with zeros")
        check = _check(name, text, networks=self.networks)
        if self.read is not None:
            return Attribute(name.replace("actor_", "actor."), check, self.read, self.verbatim)
        return Test(self.path, check, through_arrays=True)


def _check(name: str, text: str, *, networks: bool) -> Check:
    if networks and "/" in text and not text.startswith("AWS Internal"):
        try:
            return Cidr(ip_network(text, strict=False))
        except ValueError:
            raise UsageError(f"{name}={text!r}: expected a network, such as 198.51.100.0/24") from None
    if "?" in text or "[" in text or "*" in text[1:-1]:
        return Shell(text)
    begins, ends = text.startswith("*"), text.endswith("*") and len(text) > 1
    core = text[begins : len(text) - ends]
    if begins and ends:
        return Text("contains", core)
    if begins:
        return Text("suffix", core)
    return Text("prefix" if ends else "exact", core)


def _actor_arn(record: Record) -> str | None:
    return record.actor.arn


def _actor_name(record: Record) -> str | None:
    return record.actor.name


def _read_only(record: Record) -> bool | None:
    return record.read_only


FIELDS: Mapping[str, _Field] = {
    "event_name": _Field(("eventName",)),
    "event_source": _Field(("eventSource",)),
    "event_type": _Field(("eventType",)),
    "event_id": _Field(("eventID",)),
    "aws_region": _Field(("awsRegion",)),
    "recipient_account_id": _Field(("recipientAccountId",)),
    "source_ip_address": _Field(("sourceIPAddress",), networks=True),
    "user_agent": _Field(("userAgent",)),
    "error_code": _Field(("errorCode",)),
    "identity_type": _Field(("userIdentity", "type")),
    "access_key_id": _Field(("userIdentity", "accessKeyId")),
    "resource_arn": _Field(("resources", "ARN")),
    "resource_type": _Field(("resources", "type")),
    # Where there is one, it stands in the record as it is, and an absent one fits nothing.
    "actor_arn": _Field(read=_actor_arn, verbatim=True),
    "actor_name": _Field(read=_actor_name),
}
"""The keywords of texts."""
