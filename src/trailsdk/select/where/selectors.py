"""Event selectors of a trail as conditions: which of these records would it have logged?

Source: AWS CloudTrail API Reference, `EventSelector`, `DataResource`, `AdvancedEventSelector`, `AdvancedFieldSelector`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from trailsdk._json import Json
from trailsdk.errors import EventPatternError
from trailsdk.model.record import Record
from trailsdk.select.category import categories_of
from trailsdk.select.where.tree import Attribute, Condition, Or

__all__ = ["event_selectors"]

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}
_FIELDS = frozenset(
    [
        "eventCategory",
        "readOnly",
        "eventSource",
        "eventName",
        "eventType",
        "resources.type",
        "resources.ARN",
        "errorCode",
        "vpcEndpointId",
        "sessionCredentialFromConsole",
        "userIdentity.arn",
    ]
)
_ONLY_EQUALS = frozenset({"eventCategory", "readOnly", "resources.type"})
_MOST_VALUES = 500
_MOST_RESOURCES = 250
_MOST_BASIC = 5
_LONGEST = 2048
_TYPES = {
    "AWS::S3::Object": "s3",
    "AWS::Lambda::Function": "lambda",
    "AWS::DynamoDB::Table": "dynamodb",
}
_READ_WRITE: Mapping[str, bool | None] = {"ReadOnly": True, "WriteOnly": False, "All": None}
_ARN_OF_SERVICE = 3
"""Parts of an ARN such as `arn:aws:s3`, which stands for all resources of the service."""


def event_selectors(selectors: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> Condition:
    """Make a condition of event selectors, basic or advanced: a record that one of them selects is logged.

    Args:
        selectors: A list of selectors; or what `GetEventSelectors` answers, or `PutEventSelectors` takes.

    Raises:
        EventPatternError: They cannot be understood; the error tells where.
    """
    given, path = _list_of(selectors)
    if not given:
        raise EventPatternError(path, "there are no selectors")
    advanced = any(isinstance(each, Mapping) and "FieldSelectors" in each for each in given)
    if not advanced and len(given) > _MOST_BASIC:
        raise EventPatternError(path, f"a trail has at most {_MOST_BASIC} basic selectors")
    read = _advanced if advanced else _basic
    tests = [read(each, f"{path}[{at}]") for at, each in enumerate(given)]
    values = sum(len(check.values) for test in tests if isinstance(test, _Advanced) for check in test.checks)
    if values > _MOST_VALUES:
        raise EventPatternError(path, f"more than {_MOST_VALUES} values")
    return Or.of(*(Attribute(f"{path}[{at}]", test, _itself) for at, test in enumerate(tests)))


def _itself(record: Record) -> Record:
    return record


def _list_of(selectors: Any) -> tuple[list[Any], str]:
    if isinstance(selectors, Mapping):
        for name in ("AdvancedEventSelectors", "EventSelectors"):
            if selectors.get(name):
                return _a_list(selectors[name], name), name
        if "FieldSelectors" not in selectors and not _BASIC_MEMBERS.intersection(selectors):
            raise EventPatternError("", "expected EventSelectors or AdvancedEventSelectors")
        return [selectors], "selectors"
    return _a_list(selectors, "selectors"), "selectors"


def _a_list(value: Any, path: str) -> list[Any]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise EventPatternError(path, f"expected a list, not a {type(value).__name__}")
    return list(value)


@frozen
class _FieldCheck:
    """What is asked of one field: none of what it must not be, and one of what it must be, if that is given."""

    field: str
    operators: Mapping[str, tuple[str, ...]]

    @property
    def values(self) -> Sequence[str]:
        return [value for values in self.operators.values() for value in values]

    def accepts(self, values: Sequence[str]) -> bool:
        wanted, found = False, False
        for name, texts in self.operators.items():
            test = _OPERATORS[name.removeprefix("Not")]
            fits = any(test(value, text) for value in values for text in texts)
            if name.startswith("Not"):
                if fits:
                    return False
            else:
                wanted, found = True, found or fits
        return found or not wanted


@frozen
class _Advanced:
    """An advanced selector: all its fields are as asked; type and ARN are those of one resource."""

    checks: tuple[_FieldCheck, ...]

    def accepts(self, record: Record) -> bool:
        of_resources = [check for check in self.checks if check.field.startswith("resources.")]
        others = (check for check in self.checks if not check.field.startswith("resources."))
        if not all(check.accepts(_values_of(record, check.field)) for check in others):
            return False
        return not of_resources or any(
            all(check.accepts(_texts(resource, check.field)) for check in of_resources)
            for resource in _resources(record)
        )

    def __str__(self) -> str:
        return "advanced event selector"


def _values_of(record: Record, field: str) -> Sequence[str]:
    if field == "eventCategory":
        return list(categories_of(record, None))
    value = record.get(field)
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [value] if isinstance(value, str) else []


def _resources(record: Record) -> list[Mapping[str, Json]]:
    found = record.get("resources")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(resource: Mapping[str, Json], field: str) -> Sequence[str]:
    names = ("type",) if field == "resources.type" else ("ARN", "ARNPrefix")
    return [value for name in names if isinstance(value := resource.get(name), str)]


def _advanced(selector: Any, path: str) -> _Advanced:
    if not isinstance(selector, Mapping) or "FieldSelectors" not in selector:
        raise EventPatternError(path, "expected an object with FieldSelectors; basic and advanced ones do not mix")
    checks = [
        _field_check(each, f"{path}.FieldSelectors[{at}]")
        for at, each in enumerate(_a_list(selector["FieldSelectors"], f"{path}.FieldSelectors"))
    ]
    by_field = {check.field: check for check in checks}
    if len(by_field) < len(checks):
        raise EventPatternError(path, "a field stands twice")
    category = by_field.get("eventCategory")
    if category is None or len(category.values) != 1:
        raise EventPatternError(path, "expected one eventCategory")
    if (
        category.values[0] == "Data"
        and len(by_field["resources.type"].values if "resources.type" in by_field else ()) != 1
    ):
        raise EventPatternError(path, "data events want one resources.type")
    return _Advanced(tuple(checks))


def _field_check(selector: Any, path: str) -> _FieldCheck:
    if not isinstance(selector, Mapping) or not isinstance(selector.get("Field"), str):
        raise EventPatternError(path, "expected an object with Field")
    field = selector["Field"]
    if field not in _FIELDS:
        raise EventPatternError(f"{path}.Field", f"there is no field {field!r}; there are {', '.join(sorted(_FIELDS))}")
    operators: dict[str, tuple[str, ...]] = {}
    for name, values in selector.items():
        if name == "Field":
            continue
        if name.removeprefix("Not") not in _OPERATORS:
            raise EventPatternError(f"{path}.{name}", "there is no such operator")
        if field in _ONLY_EQUALS and name != "Equals":
            raise EventPatternError(f"{path}.{name}", f"{field} takes Equals only")
        operators[name] = tuple(_value(value, f"{path}.{name}") for value in _a_list(values, f"{path}.{name}"))
    if not any(operators.values()):
        raise EventPatternError(path, "nothing is asked of the field")
    return _FieldCheck(field, operators)


def _value(value: Any, path: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise EventPatternError(path, f"expected a text of 1 to {_LONGEST} characters")
    return value


_BASIC_MEMBERS = frozenset(
    {"ReadWriteType", "IncludeManagementEvents", "DataResources", "ExcludeManagementEventSources"}
)


@frozen
class _Basic:
    """A basic selector: management events, and data events of some resources."""

    read_only: bool | None
    management: bool
    excluded: frozenset[str]
    resources: tuple[tuple[str, tuple[str, ...]], ...]

    def accepts(self, record: Record) -> bool:
        if self.read_only is not None and record.read_only is not self.read_only:
            return False
        categories = categories_of(record, None)
        if self.management and "Management" in categories and record.event_source not in self.excluded:
            return True
        return "Data" in categories and any(self._has(resource) for resource in _resources(record))

    def _has(self, resource: Mapping[str, Json]) -> bool:
        arns = _texts(resource, "resources.ARN")
        for kind, values in self.resources:
            if resource.get("type") == kind and any(_covers(kind, value, arn) for value in values for arn in arns):
                return True
        return False

    def __str__(self) -> str:
        return "event selector"


def _covers(kind: str, value: str, arn: str) -> bool:
    """Tell whether a value of a data resource stands for a resource: for all of a service, a begin in S3, or one."""
    if value.count(":") < _ARN_OF_SERVICE:
        return arn.startswith(value + ":")
    return arn.startswith(value) if kind == "AWS::S3::Object" else arn == value


def _basic(selector: Any, path: str) -> _Basic:
    if not isinstance(selector, Mapping):
        raise EventPatternError(path, f"expected an object, not a {type(selector).__name__}")
    stray = next((name for name in selector if name not in _BASIC_MEMBERS), None)
    if stray is not None:
        raise EventPatternError(
            f"{path}.{stray}", f"there is no such member; there are {', '.join(sorted(_BASIC_MEMBERS))}"
        )
    kind = selector.get("ReadWriteType", "All")
    if kind not in _READ_WRITE:
        raise EventPatternError(f"{path}.ReadWriteType", f"expected one of {', '.join(_READ_WRITE)}")
    management = selector.get("IncludeManagementEvents", True)
    if not isinstance(management, bool):
        raise EventPatternError(f"{path}.IncludeManagementEvents", "expected true or false")
    sources = _a_list(selector.get("ExcludeManagementEventSources") or [], f"{path}.ExcludeManagementEventSources")
    given = _a_list(selector.get("DataResources") or [], f"{path}.DataResources")
    resources = [_data_resource(each, f"{path}.DataResources[{at}]") for at, each in enumerate(given)]
    if sum(len(values) for _, values in resources) > _MOST_RESOURCES:
        raise EventPatternError(f"{path}.DataResources", f"more than {_MOST_RESOURCES} resources")
    excluded = frozenset(_value(each, f"{path}.ExcludeManagementEventSources") for each in sources)
    return _Basic(_READ_WRITE[kind], management, excluded, tuple(resources))


def _data_resource(resource: Any, path: str) -> tuple[str, tuple[str, ...]]:
    if not isinstance(resource, Mapping) or resource.get("Type") not in _TYPES:
        raise EventPatternError(f"{path}.Type", f"expected one of {', '.join(_TYPES)}")
    kind = resource["Type"]
    values = tuple(_value(each, f"{path}.Values") for each in _a_list(resource.get("Values") or [], f"{path}.Values"))
    for value in values:
        if not value.startswith("arn:") or value.split(":")[2:3] != [_TYPES[kind]]:
            raise EventPatternError(f"{path}.Values", f"expected ARNs of {_TYPES[kind]}")
    return kind, values
