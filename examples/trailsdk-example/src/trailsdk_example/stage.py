"""A stage: which calls were made outside of working hours (UTC)?"""

from trailsdk import Record


def out_of_hours(record: Record) -> dict[str, bool] | None:
    """Enrich a record; one without a time is kept as it is."""
    if record.event_time is None:
        return None
    return {"out_of_hours": not 8 <= record.event_time.hour < 18}
