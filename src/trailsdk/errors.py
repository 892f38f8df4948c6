"""Every error of trailsdk.

Whatever bytes come in, only these come out; what the caller's own functions raise passes through unchanged.

```text
TrailError
├── UsageError                the call cannot be carried out as it stands (also a ValueError)
│   ├── TimeError             `since` or `until` is no time
│   ├── SelectorError         a path such as `requestParameters.bucketName` is misspelt
│   ├── PatternError          a filter pattern cannot be understood
│   ├── EventPatternError     an event pattern, or an event selector, cannot be understood
│   ├── LocationError         a location names nothing that can be read
│   ├── SettingError          a setting of a trail breaks a rule of AWS
│   ├── PolicyError           a policy cannot be read, or not be changed as asked
│   └── ConflictError         what is there is not what was asked for, and is left as it is
├── SourceError               could not look: says nothing about the evidence
│   ├── NotFoundError         nothing is there
│   │   └── GoneError         it was listed, and is gone
│   ├── AccessDeniedError     permissions refuse it
│   │   ├── KeyAccessDeniedError  the KMS key that it is encrypted with refuses
│   │   └── RequesterPaysError    whoever reads the bucket pays, and must say so
│   ├── CredentialsError      there are no credentials, or they are wrong or expired
│   ├── ArchivedError         the object is in an archive (Glacier) and must be restored first
│   └── UnreadableError       the operating system or the service refused, or broke off
│       └── TransportError    the connection failed, also after it was tried again
├── FileError                 one file is bad: it costs that file
│   ├── GzipError
│   │   ├── TruncatedError    the stream ends too early; the records before the end still come
│   │   ├── CorruptError      a checksum or the compressed data is wrong
│   │   └── TrailingDataError bytes follow the gzip member, a second member included
│   ├── TooLargeError         it inflates to more than the limit
│   ├── NotRecordsError       it is something else: a digest file, a notification, ...
│   ├── MalformedFileError    it is no JSON that can be divided into records
│   ├── MessageError          a message of a queue is no notice, or may not be trusted
│   └── MalformedDigestError  it is no digest file
├── PluginError               a plugin is wrong, or failed; names it and the hook
│   └── PluginConflictError   two plugins offer the same thing
├── WriteError                the operating system refused to write
├── CursorError               a cursor is damaged, cannot be kept, or belongs to something else
│   └── CursorConflictError   two readers use it at once
├── StateError                the state of a verification is damaged, or was changed
├── PublicKeyError            a public key cannot be used
│   └── PublicKeyMissingError it is not among those at hand, which may not be all
├── ApplyError                a step of setting a trail up failed; the steps before it are done
├── StructureError            request parameters do not fit the caller's class
└── RecordError               one record is bad: it costs that record
    ├── MalformedRecordError  it is not well-formed JSON, or no JSON object
    └── FieldError            a field is not of its documented type (only with `strict=True`)
```

No message quotes the content of a record: payloads hold credentials.
"""

from attrs import frozen

__all__ = [
    "AccessDeniedError",
    "ApplyError",
    "ArchivedError",
    "ConflictError",
    "CorruptError",
    "CredentialsError",
    "CursorConflictError",
    "CursorError",
    "EventPatternError",
    "FieldError",
    "FileError",
    "GoneError",
    "GzipError",
    "KeyAccessDeniedError",
    "LocationError",
    "MalformedDigestError",
    "MalformedFileError",
    "MalformedRecordError",
    "MessageError",
    "NotFoundError",
    "NotRecordsError",
    "PatternError",
    "PluginConflictError",
    "PluginError",
    "PluginWarning",
    "PolicyError",
    "PublicKeyError",
    "PublicKeyMissingError",
    "RecordError",
    "RequesterPaysError",
    "SelectorError",
    "SettingError",
    "SourceError",
    "StateError",
    "StructureError",
    "TimeError",
    "TooLargeError",
    "TrailError",
    "TrailingDataError",
    "TransportError",
    "TruncatedError",
    "UnreadableError",
    "UsageError",
    "WriteError",
]


class TrailError(Exception):
    """The root of all errors of trailsdk."""


class UsageError(TrailError, ValueError):
    """The call cannot be carried out as it stands."""


@frozen
class TimeError(UsageError):
    """A bound of time is not a time."""

    name: str
    """Which argument, such as `since`."""
    value: object
    reason: str

    def __str__(self) -> str:
        return f"{self.name}={self.value!r}: {self.reason}"


@frozen
class SelectorError(UsageError):
    """A path such as `requestParameters.bucketName` cannot be understood."""

    text: str
    column: int
    """Where, counted from 0."""
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} at column {self.column} of {self.text!r}"


@frozen
class PatternError(UsageError):
    """A filter pattern of CloudWatch Logs cannot be understood."""

    text: str
    column: int
    """Where, counted from 0."""
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} at column {self.column} of {self.text!r}"


@frozen
class EventPatternError(UsageError):
    """An event pattern of EventBridge, or an event selector of CloudTrail, cannot be understood."""

    path: str
    """Where in it, such as `detail.eventName[0]`; empty for all of it."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


@frozen
class LocationError(UsageError):
    """A location names nothing that can be read."""

    location: str
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


@frozen
class SettingError(UsageError):
    """A setting of a trail breaks a rule of AWS."""

    name: str
    """Which setting, in AWS's name in snake case."""
    value: object
    rule: str

    def __str__(self) -> str:
        return f"{self.name}={self.value!r}: {self.rule}"


@frozen
class PolicyError(UsageError):
    """A policy cannot be read, or cannot be changed as asked. Nothing was changed."""

    policy: str
    """Which one, such as `bucket policy of example-trail`."""
    reason: str

    def __str__(self) -> str:
        return f"{self.policy}: {self.reason}"


@frozen
class ConflictError(UsageError):
    """What is there is not what was asked for, and is not ours to change. Nothing was changed."""

    resource: str
    reason: str
    hint: str | None = None
    """What would help."""

    def __str__(self) -> str:
        return f"{self.resource}: {self.reason}"


@frozen
class SourceError(TrailError):
    """Could not look. Says nothing about the evidence itself."""

    location: str
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


@frozen
class NotFoundError(SourceError):
    """Nothing is there."""


@frozen
class GoneError(NotFoundError):
    """It was listed, and is gone: deleted in between, or hidden behind a delete marker."""


@frozen
class AccessDeniedError(SourceError):
    """Permissions refuse it. Without `s3:ListBucket`, S3 says so of objects that do not exist too."""


@frozen
class KeyAccessDeniedError(AccessDeniedError):
    """The KMS key that it is encrypted with refuses: `kms:Decrypt` is missing, or the key is disabled or gone."""


@frozen
class RequesterPaysError(AccessDeniedError):
    """Whoever reads the bucket pays, and must say so: `trailsdk.S3(..., requester_pays=True)`."""


@frozen
class CredentialsError(SourceError):
    """There are no credentials, or they are wrong or expired."""


@frozen
class ArchivedError(SourceError):
    """The object is in an archive, such as S3 Glacier, and must be restored before it can be read."""


@frozen
class UnreadableError(SourceError):
    """The operating system or the service refused, or broke off."""


@frozen
class TransportError(UnreadableError):
    """The connection failed or broke off, also after it was tried again."""


@frozen
class PluginError(TrailError):
    """A plugin is wrong, or failed. What it raised is the cause (`__cause__`)."""

    plugin: str
    hook: str
    """The hook, or `registration`."""
    reason: str

    def __str__(self) -> str:
        return f"plugin {self.plugin}, {self.hook}: {self.reason}"


@frozen
class PluginConflictError(PluginError):
    """Two plugins offer the same thing. Leave one out, such as by `TRAILSDK_PLUGINS_OFF`."""

    other: str
    """The other plugin."""

    def __str__(self) -> str:
        return f"plugins {self.plugin} and {self.other}, {self.hook}: both offer {self.reason}"


class PluginWarning(UserWarning):
    """An installed plugin was left out, because it could not be loaded."""


@frozen
class WriteError(TrailError):
    """The operating system refused to write. What was at the destination is as it was."""

    location: str
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


@frozen
class PublicKeyError(TrailError):
    """A public key cannot be used. Says nothing about what was signed with it."""

    name: str
    """Its fingerprint, or the file in which it stands."""
    reason: str

    def __str__(self) -> str:
        return f"public key {self.name}: {self.reason}"


@frozen
class PublicKeyMissingError(PublicKeyError):
    """A public key is not among those that are at hand, and these may not be all. CloudTrail may well have it."""


@frozen
class CursorError(TrailError):
    """A cursor cannot be used, or not be written. It is never begun anew by itself."""

    location: str
    """Where it is kept."""
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


@frozen
class CursorConflictError(CursorError):
    """Another reader has written to the cursor since this one began. What it wrote is kept."""

    reason: str = "another reader has saved its progress here since this one began, whose progress is not saved"


@frozen
class StateError(TrailError):
    """The state of a verification cannot be used. It is never begun anew by itself."""

    location: str
    """Where it is kept."""
    reason: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"


@frozen
class ApplyError(TrailError):
    """A step of setting a trail up failed. The steps before it are done, and another run goes on from there."""

    step: str
    reason: str
    """AWS's code and message."""
    done: int
    """How many steps were carried out before."""

    def __str__(self) -> str:
        return f"{self.step}: {self.reason}"


@frozen
class StructureError(TrailError):
    """Request parameters do not fit the class that a caller wants them as."""

    class_name: str
    problems: tuple[str, ...]
    """What does not fit, with the path of each."""

    def __str__(self) -> str:
        return f"requestParameters do not fit {self.class_name}: {'; '.join(self.problems)}"


@frozen
class FileError(TrailError):
    """One file is bad; it costs that file."""

    location: str | None
    """The file; `None` for bytes that were handed in."""
    reason: str

    def __str__(self) -> str:
        return f"{self.location or 'data'}: {self.reason}"


@frozen
class GzipError(FileError):
    """The gzip container is not sound."""


@frozen
class TruncatedError(GzipError):
    """The stream ends before its end mark. The records before the cut still come, then this."""


@frozen
class CorruptError(GzipError):
    """The checksum, the size or the compressed data is wrong. None of it can be trusted."""


@frozen
class TrailingDataError(GzipError):
    """Bytes follow the gzip member.

    A digest vouches for one member. Readers that join members, or stop after the first,
    would see other records than the ones that were hashed.
    """


@frozen
class TooLargeError(FileError):
    """It inflates to more than the limit."""


@frozen
class NotRecordsError(FileError):
    """It is something else than a container of records."""

    kind: str
    """What it was recognised as: `digest file`, `S3 notification`, ..."""
    offset: int = 0
    """Where the document begins, in inflated bytes."""

    def __str__(self) -> str:
        place = f" at byte {self.offset}" if self.offset else ""
        return f"{self.location or 'data'}: no CloudTrail records but {self.kind}{place}{self.reason}"


@frozen
class MalformedFileError(FileError):
    """It is no JSON that can be divided into records."""

    offset: int = 0
    """Where it goes wrong, in inflated bytes."""

    def __str__(self) -> str:
        return f"{self.location or 'data'}: {self.reason} at byte {self.offset}"


@frozen
class MessageError(FileError):
    """A message of a queue is no notice that can be understood, or may not be trusted. It stays in the queue."""


@frozen
class MalformedDigestError(FileError):
    """It is no digest file: not JSON, or without what a digest file must say."""


@frozen
class RecordError(TrailError):
    """One record is bad; it costs that record."""

    location: str | None
    """The file or stream; `None` for bytes that were handed in."""
    index: int | None
    """Which one of its container, counted from 0; `None` for a record on its own."""
    offset: int | None
    """Where the record begins, in inflated bytes; `None` where there are no bytes to count in."""
    reason: str

    def __str__(self) -> str:
        place = self.location or "data"
        if self.index is not None:
            place += f", record {self.index}"
        if self.offset is not None:
            place += f" at byte {self.offset}"
        return f"{place}: {self.reason}"


@frozen
class MalformedRecordError(RecordError):
    """It is not well-formed JSON, or no JSON object."""


@frozen
class FieldError(RecordError):
    """A field is not of its documented type. Only with `strict=True`; otherwise the record is kept."""

    field: str
    """The field's path, in AWS's names."""

    def __str__(self) -> str:
        return f"{RecordError.__str__(self)}: {self.field}"
