"""Which events a trail records: selectors, in AWS's shapes, with AWS's rules.

Source: AWS CloudTrail API Reference, `PutEventSelectors`, `EventSelector`, `AdvancedFieldSelector`, and
`PutInsightSelectors`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs
from attrs import frozen

from trailsdk.errors import SettingError

__all__ = [
    "BASIC_DATA_TYPES",
    "AdvancedEventSelector",
    "DataResource",
    "EventSelector",
    "FieldSelector",
    "InsightSelector",
    "Selectors",
    "data_events",
    "management_events",
    "network_activity_events",
]

ReadWrite: TypeAlias = Literal["All", "ReadOnly", "WriteOnly"]

BASIC_DATA_TYPES: Final = ("AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table")
"""The resource types that basic selectors know. Any other needs advanced selectors."""

EXCLUDABLE: Final = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
"""The sources of management events that a trail can leave out."""

INSIGHT_TYPES: Final = ("ApiCallRateInsight", "ApiErrorRateInsight")
"""The two rates that Insights watch."""

_MOST_BASIC: Final = 5
_MOST_DATA_RESOURCES: Final = 250
_MOST_VALUES: Final = 500
_LONGEST_VALUE: Final = 2048
_OPERATORS: Final = ("equals", "not_equals", "starts_with", "not_starts_with", "ends_with", "not_ends_with")
_CATEGORIES: Final = ("Management", "Data", "NetworkActivity")
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "Management": frozenset({"eventCategory", "eventSource", "readOnly"}),
    "Data": frozenset(
        {
            "eventCategory",
            "eventName",
            "eventSource",
            "eventType",
            "resources.type",
            "readOnly",
            "resources.ARN",
            "sessionCredentialFromConsole",
            "userIdentity.arn",
        }
    ),
    "NetworkActivity": frozenset({"eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"}),
}


def _texts(values: "Iterable[str]") -> "tuple[str, ...]":
    return tuple(values)


@frozen
class DataResource:
    """Resources whose data events a basic selector records."""

    type: str
    """One of `BASIC_DATA_TYPES`."""

    values: tuple[str, ...] = attrs.field(converter=_texts)
    """ARNs. `arn:aws:s3` means all buckets, `arn:aws:s3:::bucket/` one bucket, `arn:aws:lambda` all functions."""

    def __attrs_post_init__(self) -> None:
        if self.type not in BASIC_DATA_TYPES:
            rule = f"basic selectors know {', '.join(BASIC_DATA_TYPES)}; others need advanced selectors"
            raise SettingError("data_resources", self.type, rule)


def _data_resources(values: "Iterable[DataResource]") -> "tuple[DataResource, ...]":
    return tuple(values)


@frozen(kw_only=True)
class EventSelector:
    """A basic selector: management events, and data events of three types of resources."""

    read_write_type: ReadWrite = "All"
    include_management_events: bool = True
    data_resources: tuple[DataResource, ...] = attrs.field(default=(), converter=_data_resources)
    exclude_management_event_sources: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    def __attrs_post_init__(self) -> None:
        if self.read_write_type not in ("All", "ReadOnly", "WriteOnly"):
            raise SettingError("read_write_type", self.read_write_type, "it is All, ReadOnly or WriteOnly")
        for source in self.exclude_management_event_sources:
            if source not in EXCLUDABLE:
                rule = f"only {' and '.join(EXCLUDABLE)} can be left out"
                raise SettingError("exclude_management_event_sources", source, rule)


@frozen(kw_only=True)
class FieldSelector:
    """One field of an advanced selector: what it must be, and what it must not be."""

    field: str
    """AWS's name, such as `eventName` or `resources.ARN`."""

    equals: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    not_equals: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    starts_with: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    not_starts_with: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    ends_with: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    not_ends_with: tuple[str, ...] = attrs.field(default=(), converter=_texts)

    def __attrs_post_init__(self) -> None:
        if not self.values:
            raise SettingError(self.field, (), "a field selector names at least one value")
        if any(not 1 <= len(each) <= _LONGEST_VALUE for each in self.values):
            raise SettingError(self.field, "...", f"a value has 1 to {_LONGEST_VALUE:,} characters")
        if self.field in ("eventCategory", "resources.type", "readOnly") and self.values != self.equals:
            raise SettingError(self.field, self.values, "it can only be compared with equals")
        if self.field in ("eventCategory", "resources.type") and len(self.equals) != 1:
            raise SettingError(self.field, self.equals, "it has exactly one value in a selector")

    @property
    def values(self) -> tuple[str, ...]:
        """All values, of every operator."""
        return tuple(value for operator in _OPERATORS for value in getattr(self, operator))

    def accepts(self, text: str) -> bool:
        """Tell whether a field's value passes: none of the `not` operators holds, and one of the others, if any."""
        if text in self.not_equals or text.startswith(self.not_starts_with) or text.endswith(self.not_ends_with):
            return False
        positive = (*self.equals, *self.starts_with, *self.ends_with)
        return not positive or text in self.equals or text.startswith(self.starts_with) or text.endswith(self.ends_with)


def _field_selectors(values: "Iterable[FieldSelector]") -> "tuple[FieldSelector, ...]":
    return tuple(values)


@frozen(kw_only=True)
class AdvancedEventSelector:
    """An advanced selector: an event is recorded when all of its fields pass."""

    name: str | None = None
    field_selectors: tuple[FieldSelector, ...] = attrs.field(converter=_field_selectors)

    def __attrs_post_init__(self) -> None:
        names = [each.field for each in self.field_selectors]
        category = self.category
        if category not in _CATEGORIES:
            rule = f"a selector has one eventCategory, of {', '.join(_CATEGORIES)}"
            raise SettingError("eventCategory", category, rule)
        for name in names:
            if name not in _FIELDS[category]:
                raise SettingError(name, category, f"selectors of {category} events have no such field")
        if len(set(names)) < len(names):
            raise SettingError("field_selectors", tuple(names), "a field stands once in a selector")
        if category == "Data" and "resources.type" not in names:
            raise SettingError("resources.type", None, "selectors of Data events name a type of resource")
        if category == "NetworkActivity" and not any(each.field == "eventSource" for each in self.field_selectors):
            raise SettingError("eventSource", None, "selectors of NetworkActivity events name an event source")

    @property
    def category(self) -> str | None:
        """The `eventCategory`."""
        return next((each.equals[0] for each in self.field_selectors if each.field == "eventCategory"), None)

    def accepts(self, fields: Mapping[str, str]) -> bool:
        """Tell whether it records an event with these fields; of others nothing is asked."""
        return all(each.accepts(fields[each.field]) for each in self.field_selectors if each.field in fields)


@frozen(kw_only=True)
class InsightSelector:
    """Insights: which of the two rates, over which events."""

    insight_type: Literal["ApiCallRateInsight", "ApiErrorRateInsight"]
    event_categories: tuple[str, ...] = attrs.field(default=("Management",), converter=_texts)
    """`Management`, `Data`, or both."""

    def __attrs_post_init__(self) -> None:
        if self.insight_type not in INSIGHT_TYPES:
            raise SettingError("insight_type", self.insight_type, "it is ApiCallRateInsight or ApiErrorRateInsight")
        if not self.event_categories or not set(self.event_categories) <= {"Management", "Data"}:
            raise SettingError("event_categories", self.event_categories, "they are Management, Data, or both")


def _basic(values: "Iterable[EventSelector]") -> "tuple[EventSelector, ...]":
    return tuple(values)


def _advanced(values: "Iterable[AdvancedEventSelector]") -> "tuple[AdvancedEventSelector, ...]":
    return tuple(values)


@frozen(kw_only=True)
class Selectors:
    """The selectors of a trail: basic or advanced, never both.

    None of either is AWS's default: all management events.
    """

    basic: tuple[EventSelector, ...] = attrs.field(default=(), converter=_basic)
    advanced: tuple[AdvancedEventSelector, ...] = attrs.field(default=(), converter=_advanced)

    def __attrs_post_init__(self) -> None:
        if self.basic and self.advanced:
            raise SettingError("selectors", "...", "a trail has basic or advanced selectors, never both")
        if len(self.basic) > _MOST_BASIC:
            raise SettingError("selectors", len(self.basic), f"a trail has at most {_MOST_BASIC} basic selectors")
        resources = sum(len(data.values) for each in self.basic for data in each.data_resources)
        if resources > _MOST_DATA_RESOURCES:
            rule = f"a trail has at most {_MOST_DATA_RESOURCES} data resources in basic selectors"
            raise SettingError("data_resources", resources, rule)
        values = sum(len(one.values) for each in self.advanced for one in each.field_selectors)
        if values > _MOST_VALUES:
            raise SettingError("selectors", values, f"a trail has at most {_MOST_VALUES} values in advanced selectors")

    @property
    def is_default(self) -> bool:
        """They are what a new trail has."""
        return not self.advanced and self.basic in ((), (EventSelector(),))

    def as_advanced(self) -> tuple[AdvancedEventSelector, ...]:
        """Give advanced selectors that record the same events."""
        if self.advanced:
            return self.advanced
        return tuple(made for each in self.basic or (EventSelector(),) for made in _as_advanced(each))

    def joined(self, other: "Selectors") -> "Selectors":
        """Give selectors that record what these record, and what the others record: selectors never exclude."""
        if not self.advanced and not other.advanced:
            mine = self.basic or (EventSelector(),)
            return Selectors(basic=(*mine, *(each for each in other.basic or (EventSelector(),) if each not in mine)))
        ours = self.as_advanced()
        known = {each.field_selectors for each in ours}
        return Selectors(advanced=(*ours, *(each for each in other.as_advanced() if each.field_selectors not in known)))

    def records(self, fields: Mapping[str, str]) -> bool:
        """Tell whether an event with these fields is recorded, such as `{"eventCategory": "Management"}`."""
        return any(each.accepts(fields) for each in self.as_advanced())


def _as_advanced(basic: EventSelector) -> Iterable[AdvancedEventSelector]:
    if basic.include_management_events:
        yield management_events(basic.read_write_type, basic.exclude_management_event_sources)
    for data in basic.data_resources:
        everything = all(value.count(":") < 5 for value in data.values)  # noqa: PLR2004 (parts of an ARN)
        yield data_events(data.type, () if everything else data.values, read_write_type=basic.read_write_type)


def management_events(read_write_type: ReadWrite = "All", exclude_sources: Sequence[str] = ()) -> AdvancedEventSelector:
    """Select management events.

    Args:
        read_write_type: All, or only those that read, or only those that write.
        exclude_sources: Of `kms.amazonaws.com` and `rdsdata.amazonaws.com`.
    """
    if not set(exclude_sources) <= set(EXCLUDABLE):
        rule = f"only {' and '.join(EXCLUDABLE)} can be left out"
        raise SettingError("exclude_management_event_sources", tuple(exclude_sources), rule)
    fields = [FieldSelector(field="eventCategory", equals=("Management",)), *_read_only(read_write_type)]
    if exclude_sources:
        fields.append(FieldSelector(field="eventSource", not_equals=exclude_sources))
    return AdvancedEventSelector(name="Management events", field_selectors=fields)


def data_events(
    resource_type: str, arns: Sequence[str] = (), *, read_write_type: ReadWrite = "All"
) -> AdvancedEventSelector:
    """Select data events of one type of resource.

    Args:
        resource_type: Such as `AWS::S3::Object` or `AWS::DynamoDB::Table`.
        arns: How the ARNs begin; by default all resources of the type.
        read_write_type: All, or only those that read, or only those that write.
    """
    fields = [
        FieldSelector(field="eventCategory", equals=("Data",)),
        FieldSelector(field="resources.type", equals=(resource_type,)),
        *_read_only(read_write_type),
    ]
    if arns:
        fields.append(FieldSelector(field="resources.ARN", starts_with=arns))
    return AdvancedEventSelector(name=f"Data events of {resource_type}", field_selectors=fields)


def network_activity_events(event_source: str, *, denied_only: bool = False) -> AdvancedEventSelector:
    """Select network activity events of one service.

    Args:
        event_source: Such as `s3.amazonaws.com`.
        denied_only: Only those that a VPC endpoint policy refused.
    """
    fields = [
        FieldSelector(field="eventCategory", equals=("NetworkActivity",)),
        FieldSelector(field="eventSource", equals=(event_source,)),
    ]
    if denied_only:
        fields.append(FieldSelector(field="errorCode", equals=("VpceAccessDenied",)))
    return AdvancedEventSelector(name=f"Network activity of {event_source}", field_selectors=fields)


def _read_only(read_write_type: ReadWrite) -> list[FieldSelector]:
    if read_write_type == "All":
        return []
    return [FieldSelector(field="readOnly", equals=("true" if read_write_type == "ReadOnly" else "false",))]
