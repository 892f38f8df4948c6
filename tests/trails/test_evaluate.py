"""Our reading of policies agrees with a simulator that is not ours, wherever it is sure."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from simulator_process import Simulator

from trailsdk.trails import Decision, Question, decide

pytest_plugins = ("trail_fixtures",)

SERVICE = "cloudtrail.amazonaws.com"
ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
RESOURCE = "arn:aws:s3:::example-trail/AWSLogs/111122223333/CloudTrail/file.json.gz"

EXPECTED = {"Allowed": Decision.ALLOWED, "ExplicitlyDenied": Decision.DENIED, "ImplicitlyDenied": Decision.NOT_ALLOWED}

principals: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"Principal": {"Service": SERVICE}},
        {"Principal": {"Service": ["config.amazonaws.com", SERVICE]}},
        {"Principal": {"Service": "config.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Principal": "*"},
    ]
)
actions: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"Action": "s3:PutObject"},
        {"Action": ["s3:Get*", "s3:put*"]},
        {"Action": "s3:*"},
        {"Action": "s3:GetObject"},
        {"NotAction": "s3:GetObject"},
        {"NotAction": ["s3:PutObject"]},
    ]
)
resources: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"Resource": "arn:aws:s3:::example-trail/AWSLogs/111122223333/*"},
        {"Resource": ["arn:aws:s3:::example-trail/*/file.json.??"]},
        {"Resource": "*"},
        {"Resource": "arn:aws:s3:::example-trail/audit/*"},
        {"NotResource": "arn:aws:s3:::example-trail/audit/*"},
        {"NotResource": "arn:aws:s3:::example-trail/*"},
    ]
)
operators = st.sampled_from(
    [
        "StringEquals",
        "StringLike",
        "ArnLike",
        "ArnEquals",
        "StringNotEquals",
        "StringNotLike",
        "ArnNotLike",
        "StringEqualsIfExists",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIfExists",
    ]
)
values = st.sampled_from([ARN, "arn:aws:cloudtrail:*:111122223333:trail/*", "arn:aws:cloudtrail:eu-west-1:4:trail/x"])
keys = st.sampled_from(["aws:SourceArn", "aws:sourcearn", "aws:SourceVpce"])
tests = st.dictionaries(
    operators, st.dictionaries(keys, values | st.lists(values, min_size=1), min_size=1, max_size=1), max_size=2
)
nulls = st.dictionaries(
    st.just("Null"), st.dictionaries(keys, st.sampled_from(["true", "false"]), min_size=1), max_size=1
)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made |= {**draw(principals), **draw(actions), **draw(resources)}
    condition = {**draw(tests), **draw(nulls)}
    return {**made, "Condition": condition} if condition else made


@given(st.lists(statements(), min_size=1, max_size=3))
def test_agrees(simulator: Simulator, listed: list[dict[str, Any]]) -> None:
    """A policy answers the same by both."""
    policy = {"Version": "2012-10-17", "Statement": listed}
    context = {"aws:sourcearn": ARN, "aws:sourcevpce": None}
    question = Question(action="s3:PutObject", resource=RESOURCE, service=SERVICE, context=context)
    theirs = simulator.ask(
        "s3:PutObject", RESOURCE, principal=SERVICE, resource_policy=policy, context={"aws:SourceArn": ARN}
    )
    assert decide(policy, question).decision is EXPECTED[theirs]


@given(st.lists(statements(), min_size=1, max_size=3))
def test_unknown_is_no_guess(listed: list[dict[str, Any]]) -> None:
    """With a condition on what is not known, a statement never makes the answer surer than it is."""
    doubtful = [{**each, "Condition": {"StringEquals": {"aws:PrincipalTag/x": "y"}}} for each in listed]
    question = Question(action="s3:PutObject", resource=RESOURCE, service=SERVICE)
    answer = decide({"Statement": doubtful}, question)
    assert answer.decision in (Decision.UNKNOWN, Decision.NOT_ALLOWED)
