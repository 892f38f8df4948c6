"""The category of a record: Management, Data, NetworkActivity, Insight or Aggregated."""

from collections.abc import Collection

from trailsdk.model.record import Record

__all__ = ["CATEGORIES", "categories_of"]

CATEGORIES = ("Management", "Data", "NetworkActivity", "Insight", "Aggregated")

_BY_TYPE = {
    "awscloudtrailinsight": "Insight",
    "awsaggregatedevent": "Aggregated",
    # The field table says AwsVpceEvents, every sample AwsVpceEvent.
    "awsvpceevent": "NetworkActivity",
    "awsvpceevents": "NetworkActivity",
}


def categories_of(record: Record, folder: str | None) -> Collection[str]:
    """Tell which categories a record may be of: `eventCategory`, else the folder's, else by `eventType`.

    Records from before version 1.07 have no category. `managementEvent` (1.06) tells Management from Data;
    an older record may be either, and is kept for both.

    Args:
        record: The record.
        folder: The category that the file's folder stands for; `None` for `CloudTrail`, which holds two.
    """
    if record.event_category is not None:
        return (record.event_category,)
    if folder is not None:
        return (folder,)
    by_type = _BY_TYPE.get((record.event_type or "").lower())
    if by_type is not None:
        return (by_type,)
    if record.management_event is not None:
        return ("Management",) if record.management_event else ("Data",)
    return ("Management", "Data")
