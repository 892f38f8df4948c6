"""`userIdentity`, of every type that AWS documents."""

from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from trailsdk.testing.strategies._named import named
from trailsdk.testing.strategies.values import fresh

__all__ = ["ACCOUNTS", "Document", "Documents", "user_identities"]

Document: TypeAlias = dict[str, Any]
"""A JSON object."""

Documents: TypeAlias = st.SearchStrategy[Document]

ACCOUNTS: Final = ("111122223333", "123456789012", "444455556666")
"""The accounts of AWS's examples: nobody's."""

HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"

_accounts: Final = st.sampled_from(ACCOUNTS)
_users: Final = st.sampled_from(["alice", "bob", "svc-deploy", "höß", "a,b=c@d.e+f-g"]) | st.text(
    min_size=1, max_size=9
)
_sessions: Final = st.sampled_from(["alice@example.com", "i-0abcd1234efgh5678", "a:b", "botocore-session-1"])
_roles: Final = st.sampled_from(["deploy", "AWSReservedSSO_Admin_0123456789abcdef", "AWSServiceRoleForSupport"])
_keys: Final = st.sampled_from(["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", ""])
_services: Final = st.sampled_from(["autoscaling.amazonaws.com", "AWS Internal", "signin.amazonaws.com"])
_partitions: Final = st.sampled_from(["aws", "aws-cn", "aws-us-gov"])
_user_ids: Final = st.just("AIDACKCEVSQ6C2EXAMPLE")
_role_ids: Final = st.builds("{}:{}".format, st.just("AROACKCEVSQ6C2EXAMPLE"), _sessions)

_arns_of_users: Final = st.builds("arn:{}:iam::{}:user/path/{}".format, _partitions, _accounts, _users)
_arns_of_roles: Final = st.builds("arn:{}:iam::{}:role/path/{}".format, _partitions, _accounts, _roles)
_arns_of_sessions: Final = st.builds(
    "arn:{}:sts::{}:assumed-role/{}/{}".format,
    _partitions,
    _accounts,
    _roles,
    _sessions | st.just(""),
)


def _session_issuers() -> Documents:
    return st.one_of(
        st.fixed_dictionaries({}),
        st.fixed_dictionaries(
            {
                "type": st.just("Role"),
                "principalId": st.just("AROACKCEVSQ6C2EXAMPLE"),
                "arn": _arns_of_roles,
                "accountId": _accounts,
                "userName": _roles,
            },
        ),
        st.fixed_dictionaries(
            {"type": st.sampled_from(["Root", "IAMUser"]), "accountId": _accounts},
            optional={"userName": _users, "arn": _arns_of_users, "principalId": _user_ids},
        ),
    )


def _session_contexts() -> Documents:
    attributes = st.fixed_dictionaries(
        {},
        optional={
            "creationDate": st.just("2026-03-07T08:00:00Z") | st.just("20131102T010628Z"),
            "mfaAuthenticated": st.sampled_from(["true", "false", False]),
        },
    )
    web = st.fixed_dictionaries(
        {},
        optional={
            "federatedProvider": st.sampled_from(["accounts.google.com", "cognito-identity.amazonaws.com"]),
            "attributes": fresh({"cognito-identity.amazonaws.com:amr": "authenticated"}),
        },
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "sessionIssuer": _session_issuers(),
            "webIdFederationData": web,
            "attributes": attributes,
            "sourceIdentity": _users,
            "ec2RoleDelivery": st.sampled_from(["1.0", "2.0"]),
            "assumedRoot": st.sampled_from(["true", True]),
            "signInSessionArn": st.just("arn:aws:signin:eu-west-1:111122223333:session/abc"),
            "ec2IssuedInVpc": st.just("vpc-0abc"),
        },
    )


def _of_type(
    kind: str,
    fields: dict[str, st.SearchStrategy[Any]],
    optional: dict[str, st.SearchStrategy[Any]] | None = None,
) -> Documents:
    further = {
        "invokedBy": _services,
        "sessionContext": _session_contexts(),
        "accessKeyId": _keys,
        "credentialId": st.just("credential-1"),
        "inScopeOf": _scopes(),
        "invokedByDelegate": st.fixed_dictionaries({}, optional={"accountId": _accounts}),
        "onBehalfOf": _principals(),
    }
    return st.fixed_dictionaries(
        {"type": st.just(kind), **fields},
        optional={name: each for name, each in (further | (optional or {})).items() if name not in fields},
    )


def _principals() -> Documents:
    return st.fixed_dictionaries(
        {},
        optional={
            "userId": st.just("94482488-3041-7099-0000-example"),
            "identityStoreArn": st.just("arn:aws:identitystore::111122223333:identitystore/d-9067642ac7"),
        },
    )


def _scopes() -> Documents:
    return st.fixed_dictionaries(
        {},
        optional={
            "sourceArn": st.just("arn:aws:lambda:eu-west-1:111122223333:function:f"),
            "sourceAccount": _accounts,
            "issuerType": st.just("AWS::Lambda::Function"),
            "credentialsIssuedTo": st.just("arn:aws:lambda:eu-west-1:111122223333:function:f"),
        },
    )


_session: Final[dict[str, st.SearchStrategy[Any]]] = {
    "principalId": _role_ids,
    "arn": _arns_of_sessions,
    "accountId": _accounts,
    "accessKeyId": _keys,
    "sessionContext": _session_contexts(),
}
_external: Final[dict[str, st.SearchStrategy[Any]]] = {
    "principalId": st.sampled_from(["QWxpY2U=:alice", "accounts.google.com:app.id:user:id"]),
    "userName": _users,
    "identityProvider": st.sampled_from(["accounts.google.com", "QWxpY2U="]),
}
_root: Final[dict[str, st.SearchStrategy[Any]]] = {
    "principalId": _accounts,
    "arn": st.builds("arn:aws:iam::{}:root".format, _accounts),
    "accountId": _accounts,
}
_user: Final[dict[str, st.SearchStrategy[Any]]] = {
    "principalId": _user_ids,
    "arn": _arns_of_users,
    "accountId": _accounts,
    "userName": _users,
}
_federated: Final[dict[str, st.SearchStrategy[Any]]] = {
    "principalId": st.builds("{}:{}".format, _accounts, _users),
    "arn": st.builds("arn:aws:sts::{}:federated-user/{}".format, _accounts, _users),
    "accountId": _accounts,
}
_IDENTITIES: Final = st.one_of(
    _of_type("Root", _root, {"userName": st.sampled_from(["my-alias", "AWS ROOT USER"])}),
    _of_type("IAMUser", _user),
    # A failed sign-in with a name that no user has.
    _of_type("IAMUser", {"accountId": _accounts, "userName": st.just(HIDDEN), "accessKeyId": st.just("")}),
    _of_type("AssumedRole", _session),
    _of_type("Role", _session, {"userName": _users}),
    _of_type("FederatedUser", _federated),
    _of_type("Directory", {}, {"userName": _users, "accountId": _accounts}),
    # The copy of a record in another account, and anonymous calls of S3.
    _of_type("AWSAccount", {"principalId": _user_ids | _role_ids, "accountId": _accounts}),
    _of_type("AWSAccount", {"accountId": st.sampled_from(["anonymous", "ANONYMOUS_PRINCIPAL"])}),
    st.fixed_dictionaries({"type": st.just("AWSService"), "invokedBy": _services}),
    _of_type("IdentityCenterUser", {"accountId": _accounts, "onBehalfOf": _principals()}),
    _of_type("SAMLUser", _external),
    _of_type("WebIdentityUser", _external),
    _of_type("Unknown", {}, {"userName": _users}),
    _of_type("PassageUser", {}, {"arn": _arns_of_users}),
    # An event of a service's own, and nothing known at all.
    st.fixed_dictionaries({"accountId": _accounts, "invokedBy": st.just("AWS Internal")}),
    st.fixed_dictionaries({}),
)


def user_identities() -> Documents:
    """`userIdentity` as AWS writes it: JSON objects of every type, with the fields that are typical for it.

    Session contexts, empty objects, identities without a type and types that are newer than this library included.
    """
    return named("user_identities()", _IDENTITIES)
