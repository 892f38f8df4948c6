"""Who really did it, and how it ended: a case for each row of the tables."""

from typing import Any

import pytest

import trailsdk
from trailsdk import Actor, ActorKind, Outcome
from trailsdk.model.outcome import DENIED_CODES

ROLE_ARN = "arn:aws:iam::111122223333:role/path/Deploy"
ISSUER = {"type": "Role", "principalId": "AROAEXAMPLE", "arn": ROLE_ARN, "userName": "Deploy"}
SSO = {
    "type": "Role",
    "arn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a",
    "userName": "AWSReservedSSO_Admin_0a",
}


def assumed(role: str, session: str, issuer: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    context = {"sessionIssuer": issuer} if issuer is not None else {}
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{role}/{session}",
        "sessionContext": context | more.pop("context", {}),
        **more,
    }


USER_ARN = "arn:aws:iam::111122223333:user/path/alice"
ROOT_ARN = "arn:aws:iam::111122223333:root"
CASES: dict[str, tuple[dict[str, Any] | None, Actor]] = {
    "root": ({"type": "Root", "arn": ROOT_ARN}, Actor(ActorKind.ROOT, ROOT_ARN, "root", None, "root")),
    "root with an account alias": (
        {"type": "Root", "arn": ROOT_ARN, "userName": "example-org"},
        Actor(ActorKind.ROOT, ROOT_ARN, "example-org", None, "root"),
    ),
    "IAM user": (
        {"type": "IAMUser", "arn": USER_ARN, "userName": "alice"},
        Actor(ActorKind.USER, USER_ARN, "alice", None, "alice"),
    ),
    "IAM user without a name": (
        {"type": "IAMUser", "arn": USER_ARN, "sessionContext": {"sessionIssuer": {}}},
        Actor(ActorKind.USER, USER_ARN, "alice", None, "alice"),
    ),
    "sign-in with an unknown name": (
        {"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        Actor(ActorKind.USER, None, "HIDDEN_DUE_TO_SECURITY_REASONS", None, None),
    ),
    "forward access session of a user": (
        {"type": "IAMUser", "arn": USER_ARN, "userName": "alice", "invokedBy": "cloudformation.amazonaws.com"},
        Actor(ActorKind.USER, USER_ARN, "alice", None, "alice", "cloudformation.amazonaws.com"),
    ),
    "role session": (
        assumed("Deploy", "pipeline", ISSUER),
        Actor(ActorKind.ROLE, ROLE_ARN, "Deploy", "pipeline", None),
    ),
    "role session without an issuer": (
        assumed("Deploy", "a:b@c=d,e.f"),
        Actor(
            ActorKind.ROLE,
            "arn:aws:sts::111122223333:assumed-role/Deploy/a:b@c=d,e.f",
            "Deploy",
            "a:b@c=d,e.f",
            None,
        ),
    ),
    "role session, ARN without the session": (
        assumed("Deploy", "x", ISSUER) | {"arn": "arn:aws:sts::111122223333:assumed-role/Deploy"},
        Actor(ActorKind.ROLE, ROLE_ARN, "Deploy", "x", None),
    ),
    "role chain with sourceIdentity": (
        assumed("Deploy", "x", ISSUER, context={"sourceIdentity": "dan@example.com"}),
        Actor(ActorKind.ROLE, ROLE_ARN, "Deploy", "x", "dan@example.com"),
    ),
    "Identity Center role": (
        assumed("AWSReservedSSO_Admin_0a", "carla@example.com", SSO),
        Actor(ActorKind.ROLE, SSO["arn"], "AWSReservedSSO_Admin_0a", "carla@example.com", "carla@example.com"),
    ),
    "role on behalf of an Identity Center user": (
        assumed("Deploy", "x", ISSUER, onBehalfOf={"userId": "94482488-3041-7021-5d75-abcdefabcdef"}),
        Actor(ActorKind.ROLE, ROLE_ARN, "Deploy", "x", "94482488-3041-7021-5d75-abcdefabcdef"),
    ),
    "service role of a service": (
        assumed("Deploy", "x", ISSUER, invokedBy="AWS Internal"),
        Actor(ActorKind.ROLE, ROLE_ARN, "Deploy", "x", None, "AWS Internal"),
    ),
    "Role": (
        {"type": "Role", "principalId": "AROAEXAMPLE:x", "sessionContext": {"sessionIssuer": ISSUER}},
        Actor(ActorKind.ROLE, ROLE_ARN, "Deploy", "x", None),
    ),
    "federated user": (
        {
            "type": "FederatedUser",
            "arn": "arn:aws:sts::111122223333:federated-user/Bob",
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "alice"}},
        },
        Actor(ActorKind.FEDERATED_USER, "arn:aws:sts::111122223333:federated-user/Bob", "Bob", None, "alice"),
    ),
    "federated user of root": (
        {"type": "FederatedUser", "arn": "a:federated-user/Bob", "sessionContext": {"sessionIssuer": {"type": "Root"}}},
        Actor(ActorKind.FEDERATED_USER, "a:federated-user/Bob", "Bob", None, "root"),
    ),
    "SAML user": (
        {
            "type": "SAMLUser",
            "principalId": "q:bob@example.com",
            "userName": "bob@example.com",
            "identityProvider": "q",
        },
        Actor(ActorKind.SAML_USER, None, "bob@example.com", None, "bob@example.com"),
    ),
    "SAML user, spelt otherwise": (
        {"type": "SamlUser", "userName": "bob"},
        Actor(ActorKind.SAML_USER, None, "bob", None, "bob"),
    ),
    "web identity user": (
        {"type": "WebIdentityUser", "principalId": "accounts.google.com:app:user", "userName": "1234"},
        Actor(ActorKind.WEB_IDENTITY_USER, None, "1234", None, "1234"),
    ),
    "Identity Center user": (
        {"type": "IdentityCenterUser", "accountId": "111122223333", "onBehalfOf": {"userId": "9448"}},
        Actor(ActorKind.IDENTITY_CENTER_USER, None, "9448", None, "9448"),
    ),
    "a role that only looks like Identity Center's": (
        assumed(
            "AWSReservedSSO_Admin_0a", "boss@example.com", {"userName": "AWSReservedSSO_Admin_0a", "arn": ROLE_ARN}
        ),
        Actor(ActorKind.ROLE, ROLE_ARN, "AWSReservedSSO_Admin_0a", "boss@example.com", None),
    ),
    "sts:AssumeRoot": (
        {"type": "Root", "arn": ROOT_ARN, "sessionContext": {"assumedRoot": "true"}},
        Actor(ActorKind.ROOT, ROOT_ARN, "root", None, None),
    ),
    "Role with a name": (
        {"type": "Role", "userName": "deploy", "arn": ROLE_ARN, "principalId": "AROAEXAMPLE"},
        Actor(ActorKind.ROLE, ROLE_ARN, "deploy", None, None),
    ),
    "Anonymous": ({"type": "Anonymous"}, Actor(ActorKind.ANONYMOUS, None, "anonymous")),
    "directory": ({"type": "Directory", "userName": "d"}, Actor(ActorKind.DIRECTORY, None, "d", None, "d")),
    "another account": (
        {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"},
        Actor(ActorKind.ACCOUNT, None, "444455556666"),
    ),
    "a role of another account": (
        {"type": "AWSAccount", "principalId": "AROAEXAMPLE:sess:ion", "accountId": "444455556666"},
        Actor(ActorKind.ACCOUNT, None, "444455556666", "sess:ion"),
    ),
    "anonymous": (
        {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"},
        Actor(ActorKind.ANONYMOUS, None, "anonymous"),
    ),
    "service": (
        {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        Actor(ActorKind.SERVICE, None, "ec2.amazonaws.com"),
    ),
    "no type, a service": (
        {"accountId": "111122223333", "invokedBy": "AWS Internal"},
        Actor(ActorKind.SERVICE, None, "AWS Internal"),
    ),
    "unknown": ({"type": "Unknown"}, Actor(ActorKind.UNKNOWN)),
    "a newer type": (
        {"type": "Robot", "arn": "arn:aws:iam::111122223333:robot/r2", "invokedBy": "x.amazonaws.com"},
        Actor(ActorKind.UNKNOWN, "arn:aws:iam::111122223333:robot/r2", "r2", None, None, "x.amazonaws.com"),
    ),
    "none": (None, Actor(ActorKind.UNKNOWN)),
    "null": ({"type": None, "arn": None}, Actor(ActorKind.UNKNOWN)),
    "no object": ("nobody", Actor(ActorKind.UNKNOWN)),  # type: ignore[dict-item]  # that is the case
}


class TestActor:
    """
    One answer for every type of identity.

    > who really did it, defined by a documented, tested row for every identity type

    -- design of trailsdk
    """

    @pytest.mark.parametrize("name", CASES)
    def test_case(self, name: str) -> None:
        """Each type of identity gives the actor of the table."""
        identity, actor = CASES[name]
        assert trailsdk.parse_record({"eventName": "X", "userIdentity": identity}).actor == actor

    def test_sign_in_of_identity_center(self) -> None:
        """Sign-in events of Identity Center keep the user's name beside the identity."""
        record = trailsdk.parse_record(
            {
                "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "9448"}},
                "additionalEventData": {"UserName": "carla@example.com"},
            },
        )
        assert (record.actor.name, record.actor.human) == ("carla@example.com", "carla@example.com")

    def test_source_identity_counts_most(self) -> None:
        """What was set when the first role was assumed says more than the names of sessions."""
        identity = assumed("AWSReservedSSO_Admin_0a", "carla", SSO, context={"sourceIdentity": "dan"})
        assert trailsdk.parse_record({"userIdentity": identity}).actor.human == "dan"


OUTCOMES: list[tuple[dict[str, Any], Outcome | None]] = [
    ({"eventName": "PutObject", "eventType": "AwsApiCall"}, Outcome.SUCCESS),
    ({"eventName": "PutObject"}, Outcome.SUCCESS),
    ({"eventName": "PutObject", "errorCode": ""}, Outcome.SUCCESS),
    ({"eventName": "GetObject", "errorCode": "NoSuchKey"}, Outcome.FAILURE),
    ({"eventName": "X", "errorMessage": "it broke"}, Outcome.FAILURE),
    ({"eventName": "X", "errorCode": "AccessDenied"}, Outcome.DENIED),
    ({"eventName": "X", "errorCode": "AccessDeniedForDependencyException"}, Outcome.DENIED),
    ({"eventName": "X", "errorCode": "Client.UnauthorizedOperation"}, Outcome.DENIED),
    ({"eventName": "X", "errorCode": "VpceAccessDenied", "eventType": "AwsVpceEvent"}, Outcome.DENIED),
    ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Success"}}, Outcome.SUCCESS),
    ({"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, Outcome.FAILURE),
    ({"eventName": "ConsoleLogin", "errorMessage": "Failed authentication"}, Outcome.FAILURE),
    ({"eventName": "CheckMfa", "responseElements": {"CheckMfa": "Failure"}}, Outcome.FAILURE),
    (
        {
            "eventName": "CredentialVerification",
            "eventType": "AwsServiceEvent",
            "serviceEventDetails": {"CredentialVerification": "Failure"},
        },
        Outcome.FAILURE,
    ),
    (
        {
            "eventName": "UserAuthentication",
            "eventType": "AwsServiceEvent",
            "serviceEventDetails": {"UserAuthentication": "Success"},
        },
        Outcome.SUCCESS,
    ),
    ({"eventName": "RotateKey", "eventType": "AwsServiceEvent"}, None),
    ({"eventName": "X", "eventType": "AwsServiceEvent", "errorCode": "AccessDenied"}, Outcome.DENIED),
    ({"eventType": "AwsCloudTrailInsight", "errorCode": "x"}, None),
    ({"eventType": "AwsAggregatedEvent"}, None),
    ({}, None),
    ({"eventName": "X", "errorCode": 5, "responseElements": "X"}, Outcome.SUCCESS),
]


class TestOutcome:
    """How a call ended, also where no error code says it."""

    @pytest.mark.parametrize(("document", "outcome"), OUTCOMES)
    def test_case(self, document: dict[str, Any], outcome: Outcome | None) -> None:
        """Each row of the rule."""
        assert trailsdk.parse_record(document).outcome is outcome

    @pytest.mark.parametrize("code", sorted(DENIED_CODES))
    def test_denied_codes(self, code: str) -> None:
        """Every listed code counts as denied, with the prefixes of EC2 too."""
        for spelt in (code, f"Client.{code}", f"Server.{code}"):
            assert trailsdk.parse_record({"eventName": "X", "errorCode": spelt}).outcome is Outcome.DENIED
