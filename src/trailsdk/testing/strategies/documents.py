"""Records as AWS writes them: JSON objects of every category and version."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from trailsdk.select.category import CATEGORIES
from trailsdk.testing.strategies._named import named
from trailsdk.testing.strategies.figures import aggregated_events, insights
from trailsdk.testing.strategies.identities import ACCOUNTS, HIDDEN, Document, Documents, user_identities
from trailsdk.testing.strategies.values import fresh, json_values

__all__ = ["record_documents"]

_Fields: TypeAlias = Mapping[str, st.SearchStrategy[Any]]

SINCE: Final[Mapping[str, int]] = {
    **dict.fromkeys(("requestID", "eventID", "readOnly", "resources", "apiVersion"), 1),
    **dict.fromkeys(("eventType", "recipientAccountId"), 2),
    "sharedEventID": 3,
    "vpcEndpointId": 4,
    "serviceEventDetails": 5,
    "managementEvent": 6,
    "eventCategory": 7,
    **dict.fromkeys(("addendum", "sessionCredentialFromConsole", "edgeDeviceDetails", "tlsDetails"), 8),
    "vpcEndpointAccountId": 9,
    "eventContext": 11,
}
"""The minor version with which AWS added a field."""

_VERSIONS: Final = ("1.0", *(f"1.{minor:02}" for minor in range(1, 12)))

_accounts: Final = st.sampled_from(ACCOUNTS)
_regions: Final = st.sampled_from(["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"])
_ids: Final = st.uuids().map(str)
_times: Final = st.datetimes(
    min_value=dt.datetime(2013, 11, 13),  # noqa: DTZ001 (the text says that it is UTC)
    max_value=dt.datetime(2030, 12, 31),  # noqa: DTZ001
).map("{:%Y-%m-%dT%H:%M:%SZ}".format)
_addresses: Final = st.sampled_from(
    ["192.0.2.1", "2001:db8::1", "rds.amazonaws.com", "AWS Internal", "AWS Internal/3"],
)
_agents: Final = st.sampled_from(["aws-cli/2.15.0", "[S3Console/0.4]", "AWS Internal"]) | st.text(max_size=20)
_calls: Final = st.sampled_from(
    [
        ("s3.amazonaws.com", "PutBucketPolicy"),
        ("ec2.amazonaws.com", "RunInstances"),
        ("monitoring.amazonaws.com", "PutMetricAlarm"),
        ("sts.amazonaws.com", "AssumeRole"),
        ("lambda.amazonaws.com", "CreateFunction20150331v2"),
        ("iam.amazonaws.com", "ListUsers"),
    ],
)
_data_calls: Final = st.sampled_from(
    [
        ("s3.amazonaws.com", "GetObject"),
        ("s3.amazonaws.com", "DeleteObject"),
        ("lambda.amazonaws.com", "Invoke"),
        ("dynamodb.amazonaws.com", "PutItem"),
    ],
)


def _omissions(name: str) -> Documents:
    """What stands in place of a field that was too large."""
    return st.fixed_dictionaries(
        {"reason": st.just(f"{name} too large"), "omitted": st.sampled_from(["true", True])},
        optional={"originalSize": st.sampled_from(["149893", 149893])},
    )


def _payloads(name: str) -> st.SearchStrategy[Any]:
    """Give parameters, results and details: of any shape, left out, or hidden."""
    names = st.sampled_from(["bucketName", "items", "policyDocument", "aRN", "x-amz-acl", "a.b", "ConsoleLogin", ""])
    values = json_values(max_leaves=4) | st.just(HIDDEN) | st.just("Jul 19, 2023 9:25:09\u202fPM")
    filled = st.dictionaries(names, values, max_size=3)
    return st.one_of(filled, filled, st.none(), _omissions(name), st.just(HIDDEN), json_values(max_leaves=3))


def _resources() -> st.SearchStrategy[Any]:
    one = st.one_of(
        st.fixed_dictionaries(
            {"ARN": st.just("arn:aws:s3:::example-bucket"), "accountId": _accounts | st.just("")},
            optional={"type": st.just("AWS::S3::Bucket")},
        ),
        fresh({"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::example-bucket/"}),
    )
    return st.none() | st.lists(one, max_size=2)


def _rare() -> _Fields:
    """Fields that any record of a call may have."""
    return {
        "errorCode": st.sampled_from(["AccessDenied", "Client.UnauthorizedOperation", "NoSuchKey"]),
        "errorMessage": st.text(max_size=20),
        "additionalEventData": _payloads("additionalEventData"),
        "requestID": _ids | st.just("4D6B0D5F4B0C6F1E"),
        "resources": _resources(),
        "apiVersion": st.sampled_from(["2012-08-10", "20060301", "2016_01_28"]),
        "serviceEventDetails": _payloads("serviceEventDetails"),
        "sharedEventID": _ids,
        "vpcEndpointId": st.sampled_from(["vpce-0a1b2c3d", "AWS Internal"]),
        "vpcEndpointAccountId": _accounts,
        "addendum": st.one_of(
            st.builds("{}".format, st.sampled_from(["DELIVERY_DELAY", "SERVICE_OUTAGE"])).map(
                lambda reason: {"reason": reason},
            ),
            fresh({"reason": "UPDATED_DATA", "updatedFields": "readOnly", "originalEventID": "e-1"}),
        ),
        "sessionCredentialFromConsole": st.just("true"),
        "edgeDeviceDetails": fresh({"type": "snowball", "deviceId": "d-1"}),
        "tlsDetails": st.fixed_dictionaries(
            {"tlsVersion": st.sampled_from(["TLSv1.2", "TLSv1.3"])},
            optional={
                "cipherSuite": st.just("TLS_AES_128_GCM_SHA256"),
                "clientProvidedHostHeader": st.just("s3.eu-west-1.amazonaws.com"),
                "keyExchange": st.sampled_from(["x25519", "X25519MLKEM768"]),
            },
        ),
        "eventContext": st.fixed_dictionaries(
            {"requestContext": fresh({"aws:ViaAWSService": "false"})},
            optional={"tagContext": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)},
        ),
        "annotation": json_values(max_leaves=2),
    }


def _common() -> _Fields:
    return {
        "eventVersion": st.sampled_from(_VERSIONS),
        "userIdentity": user_identities(),
        "eventTime": _times,
        "eventSource": st.none(),
        "eventName": st.none(),
        "awsRegion": _regions,
        "sourceIPAddress": _addresses,
        "eventID": _ids,
        "recipientAccountId": _accounts,
    }


def _calls_of(
    calls: st.SearchStrategy[tuple[str, str]],
    kinds: st.SearchStrategy[str],
    fields: _Fields,
    rare: _Fields,
) -> Documents:
    every = {**_common(), "call": calls, "eventType": kinds, **fields}
    return st.fixed_dictionaries(
        every,
        optional={name: each for name, each in rare.items() if name not in every},
    ).map(_finish)


def _finish(document: Document) -> Document:
    """Put the call's two names in, and leave out the fields that are newer than the record's version."""
    source, name = document.pop("call")
    minor = int(document["eventVersion"].partition(".")[2])
    given = document | {"eventSource": source, "eventName": name}
    return {name: value for name, value in given.items() if SINCE.get(name, 0) <= minor}


def _management() -> Documents:
    fields = {
        "userAgent": _agents,
        "requestParameters": _payloads("requestParameters"),
        "responseElements": _payloads("responseElements"),
        "readOnly": st.booleans(),
        "managementEvent": st.just(value=True),
        "eventCategory": st.just("Management"),
    }
    kinds = st.sampled_from(["AwsApiCall", "AwsApiCall", "AwsConsoleAction"])
    service = {**fields, "requestParameters": st.none(), "responseElements": st.none()}
    return st.one_of(
        _calls_of(_calls, kinds, fields, _rare()),
        _calls_of(
            st.sampled_from([("kms.amazonaws.com", "RotateKey"), ("s3.amazonaws.com", "DeleteObject")]),
            st.just("AwsServiceEvent"),
            {**service, "serviceEventDetails": _payloads("serviceEventDetails")},
            _rare(),
        ),
        _sign_ins(fields),
    )


def _sign_ins(fields: _Fields) -> Documents:
    results = st.sampled_from(["Success", "Failure"])
    console = {
        **fields,
        "requestParameters": st.none(),
        "responseElements": results.map(lambda result: {"ConsoleLogin": result}),
        "additionalEventData": st.builds(
            lambda mobile, mfa: {"LoginTo": "https://console.aws.amazon.com/", "MobileVersion": mobile, "MFAUsed": mfa},
            st.sampled_from(["Yes", "No"]),
            st.sampled_from(["Yes", "No"]),
        ),
        "readOnly": st.just(value=False),
    }
    center = {
        **fields,
        "requestParameters": st.none(),
        "responseElements": st.none(),
        "additionalEventData": fresh({"UserName": "alice", "CredentialType": "PASSWORD"}),
        "serviceEventDetails": results.map(lambda result: {"CredentialVerification": result}),
    }
    return st.one_of(
        _calls_of(
            st.just(("signin.amazonaws.com", "ConsoleLogin")),
            st.sampled_from(["AwsConsoleSignIn", "AwsConsoleSignin", "AwsApiCall"]),
            console,
            {"errorMessage": st.sampled_from(["Failed authentication", "No username found in supplied account"])},
        ),
        _calls_of(
            st.just(("sso.amazonaws.com", "CredentialVerification")),
            st.just("AwsServiceEvent"),
            center,
            {},
        ),
    )


def _data() -> Documents:
    fields = {
        "userAgent": _agents,
        "requestParameters": _payloads("requestParameters"),
        "responseElements": _payloads("responseElements"),
        "readOnly": st.booleans(),
        "resources": _resources(),
        "managementEvent": st.just(value=False),
        "eventCategory": st.just("Data"),
    }
    return _calls_of(_data_calls, st.sampled_from(["AwsApiCall", "AwsServiceEvent"]), fields, _rare())


def _network_activity() -> Documents:
    fields = {
        "eventVersion": st.sampled_from(["1.09", "1.10", "1.11"]),
        "vpcEndpointId": st.just("vpce-0a1b2c3d"),
        "vpcEndpointAccountId": _accounts,
        "eventCategory": st.just("NetworkActivity"),
    }
    rare = {
        "errorCode": st.just("VpceAccessDenied"),
        "errorMessage": st.just("The request was denied due to a VPC endpoint policy"),
        "requestID": _ids,
        "sharedEventID": _ids,
    }
    return _calls_of(_calls, st.sampled_from(["AwsVpceEvent", "AwsVpceEvents"]), fields, rare)


_BY_CATEGORY: Final[Mapping[str, Documents]] = {
    "Management": _management(),
    "Data": _data(),
    "NetworkActivity": _network_activity(),
    "Insight": insights(_times, _ids, _regions, _accounts),
    "Aggregated": aggregated_events(_ids, _regions, _accounts),
}
_ALL: Final = st.one_of([_BY_CATEGORY[category] for category in ("Management", *CATEGORIES)])


def record_documents(category: str | None = None) -> Documents:
    """Records as AWS writes them: JSON objects of `eventVersion` 1.0 to 1.11, each field of its documented type.

    Calls, sign-ins and service events; fields that were left out for size or hidden; nulls and absent fields.

    Args:
        category: `Management`, `Data`, `NetworkActivity`, `Insight` or `Aggregated`; by default all of them.
            Records from before version 1.07 do not say theirs.

    Raises:
        KeyError: There is no such category.
    """
    documents = _ALL if category is None else _BY_CATEGORY[category]
    return named(f"record_documents({'' if category is None else repr(category)})", documents)
