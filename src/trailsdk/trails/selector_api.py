"""Selectors in the shapes of CloudTrail's API, and back."""

from collections.abc import Mapping
from typing import Any, Final

from trailsdk.errors import SettingError
from trailsdk.trails.selectors import (
    INSIGHT_TYPES,
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    InsightSelector,
    Selectors,
)

__all__ = ["insights_from_api", "insights_to_api", "selectors_from_api", "selectors_to_api"]

_OPERATORS: Final = ("equals", "not_equals", "starts_with", "not_starts_with", "ends_with", "not_ends_with")
_KEYS: Final = {operator: "".join(part.capitalize() for part in operator.split("_")) for operator in _OPERATORS}


def selectors_to_api(selectors: Selectors) -> dict[str, Any]:
    """Give selectors in the shape of `PutEventSelectors`."""
    if selectors.advanced:
        return {"AdvancedEventSelectors": [_advanced_to_api(each) for each in selectors.advanced]}
    return {"EventSelectors": [_basic_to_api(each) for each in selectors.basic or (EventSelector(),)]}


def _basic_to_api(selector: EventSelector) -> dict[str, Any]:
    return {
        "ReadWriteType": selector.read_write_type,
        "IncludeManagementEvents": selector.include_management_events,
        "DataResources": [{"Type": each.type, "Values": list(each.values)} for each in selector.data_resources],
        "ExcludeManagementEventSources": list(selector.exclude_management_event_sources),
    }


def _advanced_to_api(selector: AdvancedEventSelector) -> dict[str, Any]:
    name = {} if selector.name is None else {"Name": selector.name}
    fields = [
        {
            "Field": each.field,
            **{key: list(getattr(each, operator)) for operator, key in _KEYS.items() if getattr(each, operator)},
        }
        for each in selector.field_selectors
    ]
    return {**name, "FieldSelectors": fields}


def selectors_from_api(answer: Mapping[str, Any]) -> Selectors:
    """Read the answer of `GetEventSelectors`, or a file for `PutEventSelectors`.

    Raises:
        SettingError: It is in no shape of CloudTrail's.
    """
    try:
        return Selectors(
            basic=[_basic_from_api(each) for each in answer.get("EventSelectors") or ()],
            advanced=[_advanced_from_api(each) for each in answer.get("AdvancedEventSelectors") or ()],
        )
    except (KeyError, TypeError, AttributeError):
        raise SettingError("selectors", "...", "they are not in the shape of PutEventSelectors") from None


def _basic_from_api(selector: Mapping[str, Any]) -> EventSelector:
    return EventSelector(
        read_write_type=selector.get("ReadWriteType", "All"),
        include_management_events=selector.get("IncludeManagementEvents", True),
        data_resources=[DataResource(each["Type"], each["Values"]) for each in selector.get("DataResources", ())],
        exclude_management_event_sources=selector.get("ExcludeManagementEventSources", ()),
    )


def _advanced_from_api(selector: Mapping[str, Any]) -> AdvancedEventSelector:
    fields = [
        FieldSelector(field=each["Field"], **{operator: each[key] for operator, key in _KEYS.items() if each.get(key)})
        for each in selector["FieldSelectors"]
    ]
    return AdvancedEventSelector(name=selector.get("Name"), field_selectors=fields)


def insights_to_api(selectors: tuple[InsightSelector, ...]) -> list[dict[str, Any]]:
    """Give selectors in the shape of `PutInsightSelectors`."""
    return [{"InsightType": each.insight_type, "EventCategories": list(each.event_categories)} for each in selectors]


def insights_from_api(answer: Mapping[str, Any]) -> tuple[InsightSelector, ...]:
    """Read the answer of `GetInsightSelectors`. Without categories, Insights are over management events.

    Types of Insights that are not known here are left out.
    """
    return tuple(
        InsightSelector(
            insight_type=each["InsightType"], event_categories=each.get("EventCategories") or ("Management",)
        )
        for each in answer.get("InsightSelectors") or ()
        if each.get("InsightType") in INSIGHT_TYPES
    )
