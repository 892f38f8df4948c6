"""Setting a trail up, sharing its bucket, and auditing what is there.

```python
from trailsdk.trails import TrailArn, bucket_policy

trail = TrailArn.parse("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main")
policy = bucket_policy("example-trail", [trail])
```

Policies and plans are pure; only `look_at_settings`, `apply_plan`, `examine`, `plan_filters` and `apply_filters`
talk to AWS, through `Clients`.
"""

from trailsdk.trails.apply import apply_plan
from trailsdk.trails.arns import TrailArn, partition_of
from trailsdk.trails.bucket_policy import add_trail, bucket_policy
from trailsdk.trails.clients import Clients
from trailsdk.trails.doctor import diagnose, examine
from trailsdk.trails.document import Policy, parse_policy, same_meaning
from trailsdk.trails.evaluate import Answer, Decision, Question, decide
from trailsdk.trails.findings import Check, Diagnosis, Finding, Severity
from trailsdk.trails.layout import Destination
from trailsdk.trails.look import account_of, look_at_settings, look_at_trail
from trailsdk.trails.metric_filters import FilterStep, apply_filters, plan_filters, plan_metric_filters
from trailsdk.trails.plan import Action, Kept, Plan, Step, make_plan
from trailsdk.trails.reader_policies import (
    add_reader,
    read_policy,
    reader_policy,
    reader_trust_policy,
    verify_policy,
)
from trailsdk.trails.selectors import (
    AdvancedEventSelector,
    DataResource,
    EventSelector,
    FieldSelector,
    InsightSelector,
    Selectors,
    data_events,
    management_events,
    network_activity_events,
)
from trailsdk.trails.service_policies import (
    add_readers_to_key,
    add_trail_to_key,
    add_trail_to_topic,
    key_policy,
    log_group_policy,
    role_trust_policy,
    topic_policy,
)
from trailsdk.trails.settings import TrailSettings
from trailsdk.trails.snapshot import Snapshot

__all__ = [
    "Action",
    "AdvancedEventSelector",
    "Answer",
    "Check",
    "Clients",
    "DataResource",
    "Decision",
    "Destination",
    "Diagnosis",
    "EventSelector",
    "FieldSelector",
    "FilterStep",
    "Finding",
    "InsightSelector",
    "Kept",
    "Plan",
    "Policy",
    "Question",
    "Selectors",
    "Severity",
    "Snapshot",
    "Step",
    "TrailArn",
    "TrailSettings",
    "account_of",
    "add_reader",
    "add_readers_to_key",
    "add_trail",
    "add_trail_to_key",
    "add_trail_to_topic",
    "apply_filters",
    "apply_plan",
    "bucket_policy",
    "data_events",
    "decide",
    "diagnose",
    "examine",
    "key_policy",
    "log_group_policy",
    "look_at_settings",
    "look_at_trail",
    "make_plan",
    "management_events",
    "network_activity_events",
    "parse_policy",
    "partition_of",
    "plan_filters",
    "plan_metric_filters",
    "read_policy",
    "reader_policy",
    "reader_trust_policy",
    "role_trust_policy",
    "same_meaning",
    "topic_policy",
    "verify_policy",
]
