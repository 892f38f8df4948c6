"""Insights events and aggregated events: the parts that only they have."""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from trailsdk._json import Json
from trailsdk.model._fields import EMPTY, Part, aws, read_through

__all__ = [
    "Attribution",
    "AttributionValue",
    "Average",
    "Dimension",
    "InsightContext",
    "InsightDetails",
    "InsightStatistics",
    "Statistic",
    "Summary",
    "TimeWindow",
]


@read_through
@frozen(kw_only=True, repr=False)
class Average(Part):
    """Calls, or errors, per minute."""

    average: float | None = aws("average")
    """The average number per minute."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class InsightStatistics(Part):
    """What was usual, and what was seen."""

    baseline: Average = aws("baseline", default=Average())
    """The usual rate. Never `None`."""
    insight: Average = aws("insight", default=Average())
    """The unusual rate. Never `None`."""
    insight_duration: int | None = aws("insightDuration")
    """How long the unusual activity lasted, in minutes."""
    baseline_duration: int | None = aws("baselineDuration")
    """Over how many minutes the baseline was measured: about seven days."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class AttributionValue(Part):
    """One value of an attribute, with its rate."""

    value: str | None = aws("value")
    """The value; unknown is the text `null`."""
    average: float | None = aws("average")
    """The average number per minute."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class Attribution(Part):
    """The values of one attribute that stand out."""

    attribute: str | None = aws("attribute")
    """`userIdentityArn`, `userAgent`, `errorCode` or `resourceArn`."""
    insight: tuple[AttributionValue, ...] = aws("insight", default=())
    """The top values during the unusual activity, up to five."""
    baseline: tuple[AttributionValue, ...] = aws("baseline", default=())
    """The top values of the baseline, up to five."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class InsightContext(Part):
    """The figures of an Insights event."""

    statistics: InsightStatistics = aws("statistics", default=InsightStatistics())
    """The rates. Never `None`."""
    attributions: tuple[Attribution, ...] = aws("attributions", default=())
    """Who and what stands out."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class InsightDetails(Part):
    """What an Insights event is about."""

    state: str | None = aws("state")
    """`Start` or `End`; `sharedEventID` joins the two."""
    event_source: str | None = aws("eventSource")
    """The service whose calls were unusual."""
    event_name: str | None = aws("eventName")
    """The call that was unusual."""
    insight_type: str | None = aws("insightType")
    """`ApiCallRateInsight` or `ApiErrorRateInsight`."""
    error_code: str | None = aws("errorCode")
    """The error, for error rates."""
    insight_context: InsightContext = aws("insightContext", default=InsightContext())
    """The figures. Never `None`."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class TimeWindow(Part):
    """The window of an aggregated event."""

    window_start: datetime | None = aws("windowStart")
    """Its begin (UTC), within it."""
    window_end: datetime | None = aws("windowEnd")
    """Its end (UTC), outside it."""
    window_size: str | None = aws("windowSize")
    """Its length as an ISO 8601 duration, such as `PT5M`."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class Statistic(Part):
    """How often one name occurred."""

    name: str | None = aws("name")
    """A value of the dimension, such as `GetObject` or `AWSAccount:111122223333`."""
    value: float | int | None = aws("value")
    """How often."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class Dimension(Part):
    """One dimension of an aggregated event."""

    dimension: str | None = aws("dimension")
    """`eventName`, `resourceARN`, `userIdentity`, `userAgent` or `sourceIpAddress`."""
    statistics: tuple[Statistic, ...] = aws("statistics", default=())
    """Its values with their counts. Those of a detail may sum to less than those of the primary dimension."""
    aggregation_type: str | None = aws("aggregationType")
    """`Count`."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class Summary(Part):
    """What an aggregated event counts."""

    primary_dimension: Dimension = aws("primaryDimension", default=Dimension())
    """The dimension of its template. Never `None`."""
    details: tuple[Dimension, ...] = aws("details", default=())
    """The same calls by other dimensions."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""
