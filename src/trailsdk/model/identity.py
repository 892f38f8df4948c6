"""Who made the call: `userIdentity` and its parts."""

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen

from trailsdk._json import Json
from trailsdk.model._fields import EMPTY, Part, aws, read_through

__all__ = [
    "InScopeOf",
    "InvokedByDelegate",
    "OnBehalfOf",
    "SessionAttributes",
    "SessionContext",
    "SessionIssuer",
    "UserIdentity",
    "WebIdFederationData",
]


@read_through
@frozen(kw_only=True, repr=False)
class SessionIssuer(Part):
    """Who issued the temporary credentials: `Root`, an IAM user, or a role.

    An empty object (the norm for IAM users in the console) reads like an absent one.
    """

    type: str | None = aws("type")
    """`Root`, `IAMUser` or `Role`."""
    user_name: str | None = aws("userName")
    """Name of the user or role; for root the account alias, if there is one."""
    principal_id: str | None = aws("principalId")
    """Unique id of the issuer, such as `AROA...`."""
    arn: str | None = aws("arn")
    """ARN of the issuer: the one place where a role's path stands."""
    account_id: str | None = aws("accountId")
    """Account of the issuer. Text: account ids may begin with zeros."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class SessionAttributes(Part):
    """`sessionContext.attributes`."""

    creation_date: datetime | None = aws("creationDate")
    """When the temporary credentials were issued (UTC)."""
    mfa_authenticated: bool | None = aws("mfaAuthenticated", text=True)
    """Whether an IAM user or root authenticated with MFA. AWS writes text, `"false"` too for every external IdP."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class WebIdFederationData(Part):
    """Where a web identity came from. Often an empty object: nothing known."""

    federated_provider: str | None = aws("federatedProvider")
    """The OpenID Connect provider, a host name or an ARN."""
    attributes: Mapping[str, Json] = aws("attributes", default=EMPTY, hashed=False)
    """The provider's attributes of the user, such as the application id."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class SessionContext(Part):
    """The session in which temporary credentials were used."""

    session_issuer: SessionIssuer = aws("sessionIssuer", default=SessionIssuer())
    """Who issued the credentials. Never `None`."""
    web_id_federation_data: WebIdFederationData = aws("webIdFederationData", default=WebIdFederationData())
    """Where a web identity came from. Never `None`."""
    attributes: SessionAttributes = aws("attributes", default=SessionAttributes())
    """When it was created, and whether with MFA. Never `None`."""
    source_identity: str | None = aws("sourceIdentity")
    """The name that was set when the first role of a chain was assumed; it stays through the chain."""
    ec2_role_delivery: str | None = aws("ec2RoleDelivery")
    """`1.0` or `2.0`: the version of the instance metadata service that gave the credentials."""
    assumed_root: bool | None = aws("assumedRoot", text=True)
    """Whether it is a session of `sts:AssumeRoot`."""
    sign_in_session_arn: str | None = aws("signInSessionArn")
    """The console or CLI sign-in session."""
    ec2_issued_in_vpc: str | None = aws("ec2IssuedInVpc")
    """The VPC in which an instance got the credentials. Seen in event data stores only."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class OnBehalfOf(Part):
    """The IAM Identity Center user for whom the call was made."""

    user_id: str | None = aws("userId")
    """Id of the user in the identity store."""
    identity_store_arn: str | None = aws("identityStoreArn")
    """ARN of the identity store."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class InScopeOf(Part):
    """The resource in whose scope a service issued the credentials."""

    source_arn: str | None = aws("sourceArn")
    """ARN of the resource that called."""
    source_account: str | None = aws("sourceAccount")
    """Account of that resource."""
    issuer_type: str | None = aws("issuerType")
    """Type of the resource, such as `AWS::Lambda::Function`."""
    credentials_issued_to: str | None = aws("credentialsIssuedTo")
    """ARN of the resource to which the credentials were issued."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class InvokedByDelegate(Part):
    """The product provider that used temporary delegated access."""

    account_id: str | None = aws("accountId")
    """Account of the provider."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""


@read_through
@frozen(kw_only=True, repr=False)
class UserIdentity(Part):
    """Who made the call, as CloudTrail wrote it. Every field is optional, `type` included.

    For "who was it really", see `Record.actor`.
    """

    type: str | None = aws("type")
    """`Root`, `IAMUser`, `AssumedRole`, `Role`, `FederatedUser`, `Directory`, `AWSAccount`, `AWSService`,
    `IdentityCenterUser`, `SAMLUser`, `WebIdentityUser`, `Unknown`, or a type that is newer than this library."""
    user_name: str | None = aws("userName")
    """Friendly name; absent for roles. `HIDDEN_DUE_TO_SECURITY_REASONS` after a sign-in with an unknown name."""
    principal_id: str | None = aws("principalId")
    """Unique id; for a role session `AROA...:session-name`."""
    arn: str | None = aws("arn")
    """ARN of the principal. That of an assumed role has lost the role's path."""
    account_id: str | None = aws("accountId")
    """Account that owns the principal; `anonymous` for anonymous S3 access."""
    access_key_id: str | None = aws("accessKeyId")
    """Id of the key that signed: `AKIA...` long-term, `ASIA...` temporary. May be empty."""
    session_context: SessionContext = aws("sessionContext", default=SessionContext())
    """The session of temporary credentials. Never `None`."""
    invoked_by: str | None = aws("invokedBy")
    """The AWS service that made the call, such as `autoscaling.amazonaws.com` or `AWS Internal`."""
    invoked_by_delegate: InvokedByDelegate = aws("invokedByDelegate", default=InvokedByDelegate())
    """The product provider that called by delegation. Never `None`."""
    identity_provider: str | None = aws("identityProvider")
    """External provider of a `SAMLUser` or `WebIdentityUser`."""
    on_behalf_of: OnBehalfOf = aws("onBehalfOf", default=OnBehalfOf())
    """The Identity Center user behind the call. Never `None`."""
    in_scope_of: InScopeOf = aws("inScopeOf", default=InScopeOf())
    """The resource in whose scope the credentials were issued. Never `None`."""
    credential_id: str | None = aws("credentialId")
    """Id of the bearer token, where one was used."""
    extra: Mapping[str, Json] = field(default=EMPTY, hash=False)
    """What the other fields do not hold, under its AWS names."""
