"""Insights events and aggregated events: records that are no calls, but figures about calls."""

from typing import Any, Final

from hypothesis import strategies as st

from trailsdk.testing.strategies.identities import Documents

__all__ = ["aggregated_events", "insights"]

_rates: Final = st.sampled_from([9.82222e-5, 0.0, 1, 664.4]) | st.floats(min_value=0, max_value=1e9)
_counts: Final = st.integers(min_value=0, max_value=2**40)


def _averages() -> Documents:
    return st.fixed_dictionaries({"average": _rates})


def _values() -> st.SearchStrategy[list[Any]]:
    value = st.sampled_from(["null", "arn:aws:iam::111122223333:role/deploy", "AccessDenied"])
    return st.lists(st.fixed_dictionaries({"value": value, "average": _rates}), max_size=2)


def insights(
    times: st.SearchStrategy[str],
    ids: st.SearchStrategy[str],
    regions: st.SearchStrategy[str],
    accounts: st.SearchStrategy[str],
) -> Documents:
    """Insights events: that calls or errors are more frequent, or rarer, than they were."""
    statistics = st.fixed_dictionaries(
        {
            "baseline": _averages(),
            "insight": _averages(),
            "insightDuration": st.integers(0, 10_000),
            "baselineDuration": st.integers(10_080, 20_160),
        },
    )
    attributes = st.sampled_from(["userIdentityArn", "userAgent", "errorCode", "resourceArn"])
    attribution = st.fixed_dictionaries({"attribute": attributes, "insight": _values(), "baseline": _values()})
    details = st.fixed_dictionaries(
        {
            "state": st.sampled_from(["Start", "End"]),
            "eventSource": st.just("ec2.amazonaws.com"),
            "eventName": st.sampled_from(["RunInstances", "DescribeInstances"]),
            "insightType": st.sampled_from(["ApiCallRateInsight", "ApiErrorRateInsight"]),
            "insightContext": st.fixed_dictionaries(
                {"statistics": statistics},
                optional={"attributions": st.lists(attribution, max_size=2)},
            ),
        },
        optional={"errorCode": st.just("AccessDenied")},
    )
    return st.fixed_dictionaries(
        {
            "eventVersion": st.sampled_from(["1.07", "1.08", "1.11"]),
            "eventTime": times,
            "awsRegion": regions,
            "eventID": ids,
            "eventType": st.just("AwsCloudTrailInsight"),
            "insightDetails": details,
            "eventCategory": st.just("Insight"),
        },
        optional={"recipientAccountId": accounts, "sharedEventID": ids},
    )


def aggregated_events(
    ids: st.SearchStrategy[str],
    regions: st.SearchStrategy[str],
    accounts: st.SearchStrategy[str],
) -> Documents:
    """Aggregated events: how many data events there were in five minutes. They spell some names in their own way."""
    names = st.sampled_from(["GetObject", "AWSAccount:111122223333", "AWSService:AWS Internal", "AccessDenied"])
    statistics = st.lists(st.fixed_dictionaries({"name": names, "value": _counts | _rates}), max_size=3)
    dimension = st.fixed_dictionaries(
        {
            "dimension": st.sampled_from(["eventName", "resourceARN", "userIdentity", "sourceIpAddress"]),
            "statistics": statistics,
            "aggregationType": st.just("Count"),
        },
    )
    windows = st.sampled_from(
        [
            ("2025-11-17T19:20:00Z", "2025-11-17T19:25:00Z"),
            ("2025-10-30 23:45:00", "2025-10-30 23:50:00"),
        ],
    )
    return st.fixed_dictionaries(
        {
            "eventVersion": st.just("1.0"),
            "accountId": accounts,
            "eventId": ids,
            "eventCategory": st.just("Aggregated"),
            "eventType": st.just("AwsAggregatedEvent"),
            "awsRegion": regions,
            "eventSource": st.just("s3.amazonaws.com"),
            "timeWindow": windows.map(
                lambda window: {"windowStart": window[0], "windowEnd": window[1], "windowSize": "PT5M"},
            ),
            "summary": st.fixed_dictionaries(
                {"primaryDimension": dimension},
                optional={"details": st.lists(dimension, max_size=2)},
            ),
        },
        optional={"addendum": st.builds(dict, reason=st.just("DELIVERY_DELAY"))},
    )
