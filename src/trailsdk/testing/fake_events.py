"""LookupEvents and FilterLogEvents on loopback, by AWS's documented rules; what AWS refuses is refused."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any

from attrs import define, field, frozen

from trailsdk.codec.records import decode_record
from trailsdk.errors import TrailError
from trailsdk.model.record import Record
from trailsdk.select.where.tree import as_condition
from trailsdk.testing.fake_identity import SOMEBODY, Caller, RefusedError, answer_query, caller_of
from trailsdk.testing.loopback import serving

__all__ = ["CutError", "FakeEvents", "LogEvent", "RefusedError"]

_KEYS = ("EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId")
_OF_INSIGHTS = ("EventId", "EventName", "EventSource")
_PAGE = 50
_PER_SECOND = 2
_LONGEST_VALUE = 2000
_LONGEST_PATTERN = 1024


@frozen
class LogEvent:
    """What a trail delivered to a log group."""

    message: str
    timestamp: int
    """Time of delivery, in milliseconds since 1970."""
    stream: str = "111122223333_CloudTrail_eu-west-1"
    event_id: str | None = None
    """By default its number in the group."""


class CutError(Exception):
    """No answer: the connection is cut."""


@define
class FakeEvents:
    """Event histories and log groups.

    What is changed between two requests is seen by the next.
    """

    history: list[Mapping[str, Any]] = field(factory=list)
    """Records, as JSON objects; the same for every account and Region, unless `histories` says more."""
    groups: dict[str, list[LogEvent]] = field(factory=dict)
    """Log groups by name."""
    faults: list[RefusedError | CutError] = field(factory=list)
    """The answers to the next requests, whatever they ask."""
    closed: dict[tuple[str, str], RefusedError] = field(factory=dict)
    """Histories, by account and Region, that are always refused."""
    page: int = 10_000
    """Log events that one page looks at: with a filter pattern, pages may then be empty."""
    histories: dict[tuple[str, str], list[Mapping[str, Any]]] = field(factory=dict)
    """Histories by account and Region, instead of `history`; where one is not named, it is empty."""
    accounts: dict[str, str] = field(factory=dict)
    """Accounts by access key; `111122223333` for any other key."""
    regions: list[str] = field(factory=lambda: ["eu-west-1", "us-east-1"])
    """The Regions that are enabled, in every account."""
    callers: list[Caller] = field(factory=list)
    """Who asked, request by request: account and Region, as the signature tells."""
    history_page: int = _PAGE
    """Events of one page of a history at the most: AWS may give fewer than were asked for."""
    clock: Callable[[], float] | None = None
    """Seconds. With a clock, what is more than 2 requests a second, for an account and a Region, is throttled."""
    throttled: int = 0
    """How many requests were."""
    without_records: int = 0
    """Events of the next page that lack the record's text, as every member of an event may."""
    requests: list[tuple[str, Mapping[str, Any]]] = field(factory=list)
    """What was asked: operation and parameters."""
    url: str = ""
    _lock: Lock = field(factory=Lock)
    _asked: dict[tuple[str, str], list[float]] = field(factory=dict)

    @contextmanager
    def serving(self) -> Iterator["FakeEvents"]:
        """Serve while the block runs, at `url`."""
        with serving(_handler(self)) as self.url:
            yield self

    def answer(self, operation: str, asked: Mapping[str, Any], caller: Caller = SOMEBODY) -> Mapping[str, Any]:
        """Answer a request.

        Raises:
            RefusedError: AWS would refuse it, or a fault is due.
        """
        with self._lock:
            self.requests.append((operation, asked))
            self.callers.append(caller)
            if self.faults:
                raise self.faults.pop(0)
            if operation == "LookupEvents":
                return self._lookup(asked, caller)
            if operation == "FilterLogEvents":
                return self._filter(asked)
            if operation == "GetCallerIdentity":
                return {"Account": caller.account}
            if operation == "DescribeRegions":
                return {"Regions": self.regions}
        raise RefusedError("UnknownOperationException")

    def _lookup(self, asked: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        place = (caller.account, caller.region)
        if place in self.closed:
            raise self.closed[place]
        self._throttle(place)
        number = asked.get("MaxResults", _PAGE)
        if not 1 <= number <= _PAGE:
            raise RefusedError("InvalidMaxResultsException")
        begin, end = asked.get("StartTime"), asked.get("EndTime")
        if begin is not None and end is not None and begin > end:
            raise RefusedError("InvalidTimeRangeException")
        category = asked.get("EventCategory")
        if category not in (None, "insight"):
            raise RefusedError("InvalidEventCategoryException")
        wanted = _wanted(asked.get("LookupAttributes", ()), _KEYS if category is None else _OF_INSIGHTS)
        history = self.histories.get(place, []) if self.histories else self.history
        of_category = [each for each in history if (each.get("eventCategory") == "Insight") == (category == "insight")]
        events = list(map(_event, of_category))
        events = [
            event
            for event in events
            if wanted(event)
            and (begin is None or event["EventTime"] >= int(begin))
            and (end is None or event["EventTime"] <= end)
        ]
        events.sort(key=lambda event: -event["EventTime"])
        answer = _paged(
            asked, "NextToken", "InvalidNextTokenException", "Events", events, min(number, self.history_page)
        )
        answer["Events"] = [
            {**each, "CloudTrailEvent": json.dumps(each["CloudTrailEvent"])} for each in answer["Events"]
        ]
        for event in answer["Events"][: self.without_records]:
            answer["Events"].append({name: value for name, value in event.items() if name != "CloudTrailEvent"})
        self.without_records = 0
        return answer

    def _throttle(self, place: tuple[str, str]) -> None:
        if self.clock is None:
            return
        now = self.clock()
        within = [each for each in self._asked.get(place, []) if each > now - 1]
        if len(within) >= _PER_SECOND:
            self.throttled += 1
            raise RefusedError("ThrottlingException", "Rate exceeded")
        self._asked[place] = [*within, now]

    def _filter(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        group = self.groups.get(asked.get("logGroupName", ""))
        if group is None:
            raise RefusedError("ResourceNotFoundException", "The specified log group does not exist.")
        names, prefix, pattern = (
            asked.get("logStreamNames"),
            asked.get("logStreamNamePrefix"),
            asked.get("filterPattern"),
        )
        if names and prefix:
            raise RefusedError("InvalidParameterException", "log stream names and a prefix exclude each other")
        matches = _matches(pattern or "")
        begin, end = asked.get("startTime", 0), asked.get("endTime", 1 << 62)
        found = [
            (number, event)
            for number, event in enumerate(group)
            if begin <= event.timestamp <= end
            and (not names or event.stream in names)
            and event.stream.startswith(prefix or "")
        ]
        found.sort(key=lambda each: (each[1].timestamp, each[0]))
        looked_at = [
            {
                "logStreamName": event.stream,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.timestamp,
                "eventId": event.event_id or f"{number:056}",
            }
            for number, event in found
        ]
        answer = _paged(asked, "nextToken", "InvalidParameterException", "events", looked_at, self.page)
        answer["events"] = [each for each in answer["events"] if matches(each["message"])]
        return answer | {"searchedLogStreams": []}


def _paged(
    asked: Mapping[str, Any], name: str, invalid: str, member: str, events: Sequence[Any], number: int
) -> dict[str, Any]:
    """Give one page. A token is valid only with the parameters that it was given for."""
    same = {key: value for key, value in asked.items() if key != name}
    start = 0
    if name in asked:
        try:
            start, of = json.loads(b64decode(asked[name], validate=True))
        except ValueError:
            raise RefusedError(invalid) from None
        if of != same:
            raise RefusedError(invalid)
    page: dict[str, Any] = {member: list(events[start : start + number])}
    if start + number < len(events):
        page[name] = b64encode(json.dumps([start + number, same]).encode()).decode()
    return page


def _wanted(attributes: Sequence[Mapping[str, str]], keys: Sequence[str]) -> Callable[[Mapping[str, Any]], bool]:
    if len(attributes) > 1 or any(each["AttributeKey"] not in keys for each in attributes):
        raise RefusedError("InvalidLookupAttributesException")
    if not attributes:
        return lambda _: True
    key, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    if not 1 <= len(value) + sum(value.count(double) for double in "_ ,\n") <= _LONGEST_VALUE:
        raise RefusedError("InvalidLookupAttributesException")
    if key.startswith("Resource"):
        return lambda event: any(each.get(key) == value for each in event["Resources"])
    return lambda event: bool(event.get(key) == value)


def _event(record: Mapping[str, Any]) -> dict[str, Any]:
    """Make what LookupEvents gives of a record, which stands in it as it is: its text is made for a page's only."""
    identity = record.get("userIdentity") or {}
    time = datetime.fromisoformat(record["eventTime"])
    event: dict[str, Any] = {
        "EventId": record.get("eventID"),
        "EventName": record.get("eventName"),
        "ReadOnly": "true" if record.get("readOnly") else "false",
        "AccessKeyId": identity.get("accessKeyId"),
        "EventTime": int(time.timestamp()),
        "EventSource": record.get("eventSource"),
        "Username": identity.get("userName"),
        "Resources": [],
        "CloudTrailEvent": record,
    }
    return {key: value for key, value in event.items() if value is not None}


def _matches(pattern: str) -> Callable[[str], bool]:
    if len(pattern) > _LONGEST_PATTERN:
        raise RefusedError("InvalidParameterException", "the filter pattern is too long")
    if not pattern.strip():
        return lambda _: True
    try:
        condition = as_condition(pattern)
    except TrailError:
        raise RefusedError("InvalidParameterException", "the filter pattern is invalid") from None

    def matches(message: str) -> bool:
        record = _record_of(message)
        return record is not None and condition(record)

    return matches


def _record_of(message: str) -> Record | None:
    try:
        return decode_record(message.encode())
    except TrailError:
        return None


def _handler(fake: FakeEvents) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        """Head and body leave together: otherwise the second waits for the client to acknowledge the first."""

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            caller = caller_of(self.headers.get("Authorization", ""), fake.accounts)
            target = self.headers.get("X-Amz-Target")
            try:
                if target is None:
                    status, body = answer_query(content, lambda operation, asked: fake.answer(operation, asked, caller))
                else:
                    answer = fake.answer(target.rpartition(".")[2], json.loads(content), caller)
                    status, body = 200, json.dumps(answer).encode()
            except CutError:
                self.close_connection = True
                return
            except RefusedError as refused:
                status, body = refused.status, json.dumps({"__type": refused.code, "message": refused.message}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1" if target else "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
