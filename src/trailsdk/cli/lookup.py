"""`trailsdk lookup`: who did it, from the event history, without a trail."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from attrs import field, frozen

from trailsdk.cli.aws import AwsAccess, service_options
from trailsdk.cli.options import Request, Session, color_option, progress_option
from trailsdk.cli.progress import Progress
from trailsdk.cli.read import show_records
from trailsdk.cli.report import Reporter
from trailsdk.cli.screen import Color
from trailsdk.cli.where import Asked

if TYPE_CHECKING:
    from trailsdk._stream import RecordStream
    from trailsdk.cli.output import Form
    from trailsdk.model.record import Record

__all__ = ["lookup"]

_ATTRIBUTES = {
    "event_id": "EventId",
    "access_key": "AccessKeyId",
    "resource_name": "ResourceName",
    "user_name": "Username",
    "event_name": "EventName",
    "event_source": "EventSource",
    "resource_type": "ResourceType",
}
"""The most selective first: AWS looks for one, and the others are compared here."""

_EXAMPLES = """\b
Examples:
  trailsdk lookup --event-name PutBucketPolicy --user-name alice
  trailsdk lookup --region '*' --resource-name org-trail --since 7d
  trailsdk lookup --access-key AKIAIOSFODNN7EXAMPLE --output ndjson
"""


@frozen
class _Lookup(Request):
    """A question to the event history. Its locations are Regions."""

    attributes: Mapping[str, str] = field(factory=dict)

    def open(self, report: Reporter | None = None, progress: Progress | None = None) -> "RecordStream":
        import trailsdk

        session = self.aws.session()
        first = next(iter(self.attributes.items()), None)
        histories = [
            trailsdk.History(region, attribute=first, session=session, endpoint_url=self.aws.endpoint_url)
            for region in self.locations or (_usual_region(session),)
        ]
        return trailsdk.read(
            *histories,
            since=self.since,
            until=self.until,
            where=self._has_all if len(self.attributes) > 1 else None,
            on_error=self.handler(report),
            plugins=[] if progress is None else [progress],
        )

    def _has_all(self, record: "Record") -> bool:
        """Compare what AWS's index says of an event, which records do not always spell the same."""
        event: Mapping[str, Any] = {} if record.origin is None else record.origin.envelope
        resources = event.get("Resources") or []
        return all(
            any(each.get(name) == value for each in resources)
            if name.startswith("Resource")
            else event.get(name) == value
            for name, value in self.attributes.items()
        )


def _usual_region(session: Any) -> str:
    from boto3.session import Session as BotoSession

    region = (session or BotoSession()).region_name
    if region is None:
        raise click.UsageError("--region: name one, or '*' for all; AWS's configuration names none")
    return str(region)


@click.command(epilog=_EXAMPLES)
@click.option("--event-name", metavar="NAME", help="The call, such as PutBucketPolicy.")
@click.option("--user-name", metavar="NAME", help="The user, or the name of the session, as the console shows it.")
@click.option("--event-source", metavar="NAME", help="The service, such as s3.amazonaws.com.")
@click.option("--resource-name", metavar="NAME", help="A resource that the event names.")
@click.option("--resource-type", metavar="TYPE", help="The kind of a resource, such as AWS::S3::Bucket.")
@click.option("--access-key", metavar="ID", help="The access key that signed the call.")
@click.option("--event-id", metavar="ID", help="One event.")
@click.option("--region", metavar="REGION", multiple=True, help="This Region's history, or '*'; may be repeated.")
@click.option("--since", metavar="TIME", help="Events at or after: 2026-03-07T09:30Z, or an age: 24h, 7d; at most 90d.")
@click.option("--until", metavar="TIME", help="Events before. Times without a zone are UTC.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N records.")
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(["table", "ndjson", "json", "raw"]),
    default="table",
    show_default=True,
    help="A table; NDJSON; one JSON document; or each record's own text.",
)
@service_options
@color_option
@progress_option
def lookup(
    region: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int | None,
    form: "Form",
    aws: AwsAccess,
    color: Color,
    *,
    progress: bool | None,
    **asked: str | None,
) -> int:
    """Show who did what in the last 90 days, without a trail.

    It is asked of the account's event history: who, when, from where, what, with what result. Data events are not in
    it, and only one account's events are. AWS allows 2 requests a second, 50 events each.
    """
    attributes = {name: value for key, name in _ATTRIBUTES.items() if (value := asked[key]) is not None}
    request = _Lookup(region, since, until, (), (), (), Asked(), "report", strict=False, aws=aws, attributes=attributes)
    return show_records(Session(request, color, progress=progress), form, None, limit, utc=True)
