"""What the commands that read have in common: what to read, and how to show it."""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click
from attrs import field, frozen

from trailsdk.cli.aws import AwsAccess, aws_options
from trailsdk.cli.offline import Offline, offline_options
from trailsdk.cli.progress import Progress, wants_progress
from trailsdk.cli.report import Reporter
from trailsdk.cli.screen import Screen
from trailsdk.cli.where import ASKED, Asked, where_options

if TYPE_CHECKING:
    from boto3.session import Session as BotoSession

    from trailsdk._api import Location
    from trailsdk._stream import RecordStream
    from trailsdk.plugins.parts_of_stream import OnError
    from trailsdk.sources.s3 import S3

__all__ = [
    "CATEGORIES",
    "Request",
    "Session",
    "color_option",
    "following",
    "mirroring",
    "progress_option",
    "reading",
    "selecting",
]

CATEGORIES = ("Management", "Data", "NetworkActivity", "Insight", "Aggregated")
"""The library's, written here again so that help does not wait for the library."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Category(click.Choice[str]):
    """A category, in upper or lower case."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        known = {each.casefold(): each for each in self.choices}
        return super().convert(known.get(value.casefold(), value), param, ctx)


@frozen
class Request:
    """What to read."""

    locations: tuple[str, ...]
    since: str | None
    until: str | None
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    categories: tuple[str, ...]
    asked: Asked
    on_error: Literal["raise", "skip", "report"]
    strict: bool
    deduplicate: bool = False
    cursor: str | None = None
    aws: AwsAccess = field(factory=AwsAccess)
    verify: Literal["only", "tag"] | None = None
    offline: Offline = field(factory=Offline)

    def open(self, report: Reporter | None = None, progress: Progress | None = None) -> "RecordStream":
        """Begin to read; the progress line is an observer, as any plugin's.

        Raises:
            ClickException: Nothing is named, and nothing is piped in.
            UsageError: A location, a time or a pattern cannot be understood.
        """
        import trailsdk

        session = self.aws.session()
        return trailsdk.read(
            *self.readable(session),
            since=self.since,
            until=self.until,
            accounts=self.accounts or None,
            regions=self.regions or None,
            categories=self.categories or None,
            where=self.asked.condition(),
            on_error=self.handler(report),
            strict=self.strict,
            deduplicate=self.deduplicate,
            # What was consumed is written down when the output is: see `Session.commit`.
            cursor=None if self.cursor is None else trailsdk.Cursor(self.cursor, autocommit=False),
            verify=self.verify,
            public_keys=self.offline.public_keys,
            copied_from=self.offline.copied_from,
            plugins=[] if progress is None else [progress],
            session=session,
        )

    def readable(self, session: "BotoSession | None") -> "Sequence[Location]":
        """Give the locations, each with the options for AWS that mean something to it.

        Args:
            session: What `aws.session()` gave.
        """
        return self.aws.readable(self.sources(session), session)

    def sources(self, session: "BotoSession | None") -> "list[str | S3]":
        """Give the locations, with the options for AWS where they are there.

        Args:
            session: What `aws.session()` gave.

        Raises:
            ClickException: Nothing is named, and nothing is piped in.
            LocationError: One begins like S3's, but names no bucket.
        """
        return self.aws.locations(self.locations or (_standard_input(),), session)

    def handler(self, report: Reporter | None) -> "OnError":
        """Give what is to become of errors."""
        if self.on_error == "report":
            return report or "raise"
        return self.on_error


def _standard_input() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(
            "name a file, a folder, a glob, or `-` for standard input", click.get_current_context(silent=True)
        )
    return "-"


def reading(command: _Command) -> _Command:
    """Give a command the arguments that say what to read; it receives them as one `request`."""
    return _requesting(command, (_LOCATIONS, *_SELECTION, *where_options(), *_TREATMENT, _VERIFY, offline_options))


def following(command: _Command) -> _Command:
    """Give a command the arguments that say what to follow; it receives them as one `request`, with one location."""
    return _requesting(command, (_ONE_LOCATION, *_SELECTION, *where_options(), *_TREATMENT))


def selecting(command: _Command) -> _Command:
    """Give a command the arguments that say what would be read."""
    return _requesting(command, (_LOCATIONS, *_SELECTION, *where_options()))


def mirroring(command: _Command) -> _Command:
    """Give a command the arguments that say what to copy; it receives them as one `request`, with one location."""
    return _requesting(command, (_ONE_LOCATION, *_SELECTION, _on_error_option("What objects do that cannot be copied")))


def _requesting(command: _Command, options: tuple[Callable[[Any], Any], ...]) -> _Command:
    @wraps(command)
    def call(
        *,
        locations: tuple[str, ...],
        since: str | None,
        until: str | None,
        account: tuple[str, ...],
        region: tuple[str, ...],
        category: tuple[str, ...],
        aws: AwsAccess,
        on_error: Literal["raise", "skip", "report"] = "raise",
        strict: bool = False,
        deduplicate: bool = False,
        cursor: str | None = None,
        **rest: Any,
    ) -> Any:
        # A command without conditions, such as one that copies, keeps what is not asked for at its default.
        asked = Asked(**{name: rest.pop(name) for name in ASKED if name in rest})
        request = Request(
            locations,
            since,
            until,
            account,
            region,
            category,
            asked,
            on_error,
            strict,
            deduplicate,
            cursor,
            aws,
            # A command that only selects, or copies, proves nothing.
            rest.pop("verify", None),
            rest.pop("offline", Offline()),
        )
        return command(request=request, **rest)

    call = aws_options(call)
    for decorate in reversed(options):
        call = decorate(call)
    return call  # type: ignore[return-value]  # it takes other arguments


_SELECTION: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--since", metavar="TIME", help="Events at or after: 2026-03-07, 2026-03-07T09:30Z, or an age: 24h, 7d."
    ),
    click.option("--until", metavar="TIME", help="Events before. Times without a zone are UTC."),
    click.option("--account", metavar="ID", multiple=True, help="Only this account; may be repeated."),
    click.option("--region", metavar="REGION", multiple=True, help="Only this Region; may be repeated."),
    click.option(
        "--category",
        type=_Category(CATEGORIES),
        multiple=True,
        metavar="NAME",
        help=f"Only this category, of {', '.join(CATEGORIES)}; may be repeated.",
    ),
)

_LOCATIONS = click.argument("locations", nargs=-1, type=click.Path(allow_dash=True))
_ONE_LOCATION = click.argument("locations", metavar="LOCATION", callback=lambda _context, _parameter, given: (given,))


def _on_error_option(what: str) -> Callable[[Any], Any]:
    return click.option(
        "--on-error",
        type=click.Choice(["report", "skip", "raise"]),
        default="report",
        show_default=True,
        help=f"{what}: report each and go on, exit code 1; skip them silently, exit code 0; "
        "or raise, that is stop at the first, exit code 1.",
    )


_TREATMENT: tuple[Callable[[Any], Any], ...] = (
    _on_error_option("What bad files and records do"),
    click.option("--strict", is_flag=True, help="Count records with fields of unexpected types as bad."),
    click.option("--deduplicate", is_flag=True, help="Drop records that came already, byte for byte."),
    click.option(
        "--cursor",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Read only what is new since the last run with this file; SQLite if it ends in .sqlite or .db.",
    ),
)

_VERIFY = click.option(
    "--verify",
    type=click.Choice(["only", "tag"]),
    help="By CloudTrail's digests: leave out what is not proved, and say how much; or give all, with the verdict on "
    "each record's file as origin.verdict.",
)

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours: by default on a terminal, unless NO_COLOR is set.",
)

progress_option = click.option(
    "--progress/--no-progress",
    default=None,
    help="Counters on standard error during long work: by default on a terminal, unless output goes into a pipe.",
)


class Session:
    """Where one run of a command reads from and writes to."""

    def __init__(self, request: Request, color: Literal["auto", "always", "never"], *, progress: bool | None) -> None:
        self.out = Screen.of("stdout", color)
        self.err = Screen.of("stderr", color)
        self.progress = Progress(self.err, wanted=wants_progress(progress, self.out, self.err))
        self.report = Reporter(self.err, self.progress)
        self._request = request

    def open(self) -> "RecordStream":
        """Begin to read, and to show progress."""
        return self._request.open(self.report, self.progress)

    @property
    def has_cursor(self) -> bool:
        """Whether it is to be remembered what was consumed."""
        return self._request.cursor is not None

    @property
    def forgets(self) -> bool:
        """Whether what is read is gone when the next record is asked for: a queue deletes what was consumed."""
        return any(each.startswith("sqs://") for each in self._request.locations)

    def commit(self, stream: "RecordStream") -> None:
        """Write all output, then remember what was consumed.

        Raises:
            OSError: The output cannot be written: then what is in it comes again.
        """
        self.out.flush()
        stream.commit()

    def end(self, stream: "RecordStream") -> int:
        """Sum up what was left out because it is not proved, and the errors.

        Returns:
            The exit code.
        """
        if stream.stats.unverified:
            self.report.note(_unverified(stream))
        if self.report.count == 0:
            return 0
        if self.report.count > 1:
            stats = stream.stats
            counts = [(stats.failed, "file"), (stats.bad, "record")]
            told = " and ".join(f"{number:,} {noun}{'s' if number != 1 else ''}" for number, noun in counts if number)
            if told:
                self.report.note(f"{told} could not be read, or not to the end")
        return 1


def _unverified(stream: "RecordStream") -> str:
    number = stream.stats.unverified
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(stream.unverified.items()))
    return f"{number:,} record{'s' if number != 1 else ''} left out, of files that are not proved: {reasons}"
