"""Errors on standard error: one line each, with a hint where one helps."""

import click

from trailsdk.cli.progress import Progress
from trailsdk.cli.screen import Screen
from trailsdk.errors import (
    AccessDeniedError,
    ApplyError,
    ArchivedError,
    ConflictError,
    CredentialsError,
    FieldError,
    KeyAccessDeniedError,
    LocationError,
    NotFoundError,
    RequesterPaysError,
    SelectorError,
    SourceError,
    TimeError,
    TrailError,
    TruncatedError,
)

__all__ = ["Reporter", "describe_error", "hint_for", "write_error"]


class Reporter:
    """Reports each error of the input when it comes, and counts them."""

    def __init__(self, screen: Screen, progress: Progress) -> None:
        self.count = 0
        self._screen = screen
        self._progress = progress
        self._hints: set[str] = set()

    def __call__(self, error: TrailError) -> None:
        """Report an error; the same hint is given once."""
        self.count += 1
        hint = hint_for(error)
        with self._progress.printing():
            write_error(self._screen, describe_error(error), hint if hint not in self._hints else None)
            # Whoever keeps them, such as a service's log, has them now and not at the end, which may never come.
            self._screen.flush()
        if hint is not None:
            self._hints.add(hint)

    def note(self, text: str) -> None:
        """Tell something that is no error."""
        with self._progress.printing():
            self._screen.write(self._screen.paint(self._screen.own(text), "dim") + "\n")


def write_error(screen: Screen, message: str, hint: str | None = None) -> None:
    """Write `error: ...` and `hint: ...`; texts of others in them are escaped."""
    lines = f"{screen.paint('error:', 'red')} {screen.escape(message)}\n"
    if hint:
        lines += f"{screen.paint('hint:', 'cyan')} {screen.escape(hint)}\n"
    screen.write(lines)


def describe_error(error: Exception) -> str:
    """Say what is wrong in the words of the command line."""
    if isinstance(error, TimeError):
        return f"--{error.name} {error.value}: {error.reason}"
    if isinstance(error, click.ClickException):
        return " ".join(error.format_message().split())
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return place + (error.strerror or type(error).__name__)
    return str(error)


def hint_for(error: Exception) -> str | None:
    """Say what helps, where something does."""
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{error.ctx.command_path} --help"
    if isinstance(error, LocationError) and "://" in error.location and not _is_in_s3(error.location):
        return "trailsdk plugins"
    if isinstance(error, SourceError):
        return _hint_for_source(error)
    if isinstance(error, TruncatedError):
        return "the records before the cut were read; was the file copied whole?"
    if isinstance(error, FieldError):
        return "without --strict such records are kept"
    if isinstance(error, SelectorError):
        return "a path looks like requestParameters.bucketName or resources[0].ARN"
    if isinstance(error, ConflictError):
        return error.hint
    if isinstance(error, ApplyError):
        return f"{error.done} steps are done; run it again, and it goes on from there"
    return None


def _hint_for_source(error: SourceError) -> str | None:
    # The more special stand first.
    hints: tuple[tuple[type[SourceError], str], ...] = (
        (RequesterPaysError, "--requester-pays agrees to pay"),
        (KeyAccessDeniedError, "reading needs kms:Decrypt, in the key's policy and in the caller's"),
        (AccessDeniedError, "it needs s3:ListBucket and s3:GetObject; --account and --region ask for less"),
        (ArchivedError, "restore it first, with `aws s3api restore-object`, and run the command again"),
        (CredentialsError, "does `aws sts get-caller-identity` work? --profile and --role-arn choose who asks"),
    )
    if isinstance(error, NotFoundError) and any(mark in error.location for mark in "*?["):
        if _is_in_s3(error.location):
            return "behind the bucket all is literal: name a prefix that ends with a slash"
        return "`**` goes into folders, `*` does not"
    if isinstance(error, AccessDeniedError) and not _is_in_s3(error.location):
        return None
    return next((hint for kind, hint in hints if isinstance(error, kind)), None)


def _is_in_s3(location: str) -> bool:
    return location.lower().startswith("s3://")
