"""Who really did it: one answer for every type of identity."""

from collections.abc import Callable
from enum import StrEnum

from attrs import frozen

from trailsdk._json import Json
from trailsdk.model.identity import UserIdentity

__all__ = ["Actor", "ActorKind", "actor_of"]


class ActorKind(StrEnum):
    """What an actor is."""

    ROOT = "root"
    """The root user of an account."""
    USER = "user"
    """An IAM user."""
    ROLE = "role"
    """A role, in a session of its own or of an AWS service."""
    FEDERATED_USER = "federated-user"
    """A user of `sts:GetFederationToken`."""
    SAML_USER = "saml-user"
    """A user of a SAML identity provider, assuming a role."""
    WEB_IDENTITY_USER = "web-identity-user"
    """A user of a web identity provider, assuming a role."""
    IDENTITY_CENTER_USER = "identity-center-user"
    """A user of IAM Identity Center."""
    DIRECTORY = "directory"
    """A user of a directory service."""
    ACCOUNT = "account"
    """Another account; its own records tell who there."""
    SERVICE = "service"
    """An AWS service on its own behalf."""
    ANONYMOUS = "anonymous"
    """Nobody: a call without credentials."""
    UNKNOWN = "unknown"
    """The record does not say, or says it in a way that is newer than this library."""


@frozen
class Actor:
    """Who really did it."""

    kind: ActorKind
    """What it is."""
    arn: str | None = None
    """ARN that stays: of the user, or of the role (not of its session)."""
    name: str | None = None
    """Name to show: of the user, role, service or account."""
    session_name: str | None = None
    """Name of the role session, chosen by whoever assumed the role."""
    human: str | None = None
    """Best evidence of the person behind it: `sourceIdentity`, else the Identity Center user, else the SAML or web
    identity's user, else the IAM user, else `root`. `None` where the record holds none."""
    via: str | None = None
    """The AWS service that made the call on the actor's behalf (a forward access session or a service role)."""


def actor_of(identity: UserIdentity, get: Callable[[str], Json]) -> Actor:
    """Tell who really did it.

    Args:
        identity: The record's `userIdentity`.
        get: Reads a further value of the record by its path; sign-in events of Identity Center keep the user's
            name in `additionalEventData.UserName`.

    ============================ ===================== ====================== =================================
    `userIdentity.type`          kind                  name                   human
    ============================ ===================== ====================== =================================
    Root                         root                  account alias, `root`  `root`; none with `assumedRoot`
    IAMUser                      user                  user name              user name
    AssumedRole, Role            role                  role name              see below
    FederatedUser                federated-user        federated name         issuing IAM user, `root`
    SAMLUser                     saml-user             user name              user name
    WebIdentityUser              web-identity-user     user name              user name
    IdentityCenterUser           identity-center-user  user name, user id     the same
    Directory                    directory             user name              user name
    AWSAccount                   account, anonymous    account id             none
    AWSService                   service               service                none
    Anonymous                    anonymous             `anonymous`            none
    Unknown, newer, none         service if `invokedBy`, else unknown
    ============================ ===================== ====================== =================================

    A `sourceIdentity` is the human of every type: it is set once and stays through a chain of roles. Without one,
    the human of a role session is the Identity Center user: the session's name where the role is one of Identity
    Center's (`AWSReservedSSO_...`, below its reserved path), else the id in
    `onBehalfOf`. Other session names are chosen freely by the
    caller, and prove nobody. A role chain shows only its last role; `sourceIdentity` is what remains of its begin.
    `invokedBy` beside a principal is `via`; without a principal the service is the actor itself.

    Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
    """
    kind = (identity.type or "").lower()
    if kind == "identitycenteruser":
        return _identity_center(identity, get)
    return _BY_TYPE.get(kind, _unknown)(identity)


def _human(identity: UserIdentity, otherwise: str | None) -> str | None:
    hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
    found = identity.session_context.source_identity or otherwise
    return None if found == hidden else found


def _via(identity: UserIdentity) -> str | None:
    return identity.invoked_by or None


def _root(identity: UserIdentity) -> Actor:
    return Actor(
        ActorKind.ROOT,
        identity.arn,
        identity.user_name or "root",
        None,
        # A session of sts:AssumeRoot is that of an administrator in the management account.
        _human(identity, None if identity.session_context.assumed_root else "root"),
        _via(identity),
    )


def _user(kind: ActorKind) -> Callable[[UserIdentity], Actor]:
    def make(identity: UserIdentity) -> Actor:
        name = identity.user_name or _last(identity.arn)
        shown = name or identity.principal_id
        return Actor(kind, identity.arn, shown, None, _human(identity, name), _via(identity))

    return make


def _role(identity: UserIdentity) -> Actor:
    issuer = identity.session_context.session_issuer
    role, session = _role_session(identity)
    name = issuer.user_name or role or identity.user_name or _last(issuer.arn or identity.arn)
    human = session if _is_of_identity_center(name, issuer.arn) else identity.on_behalf_of.user_id
    return Actor(
        ActorKind.ROLE,
        issuer.arn or identity.arn,
        name or identity.principal_id,
        session,
        _human(identity, human),
        _via(identity),
    )


def _is_of_identity_center(name: str | None, arn: str | None) -> bool:
    """Recognise a role of Identity Center. Its path is reserved; a name alone anybody can choose."""
    if arn is not None and ":role/aws-reserved/sso.amazonaws.com/" not in arn:
        return False
    return name is not None and name.startswith("AWSReservedSSO_")


def _federated(identity: UserIdentity) -> Actor:
    issuer = identity.session_context.session_issuer
    behind = "root" if issuer.type == "Root" else issuer.user_name
    name = identity.user_name or _last(identity.arn) or identity.principal_id
    return Actor(ActorKind.FEDERATED_USER, identity.arn, name, None, _human(identity, behind), _via(identity))


def _identity_center(identity: UserIdentity, get: Callable[[str], Json]) -> Actor:
    said = get("additionalEventData.UserName")
    name = said if isinstance(said, str) and said else identity.user_name or identity.on_behalf_of.user_id
    return Actor(ActorKind.IDENTITY_CENTER_USER, identity.arn, name, None, _human(identity, name), _via(identity))


def _account(identity: UserIdentity) -> Actor:
    account = identity.account_id
    if account is not None and account.lower() in ("anonymous", "anonymous_principal"):
        return Actor(ActorKind.ANONYMOUS, None, "anonymous", None, None, _via(identity))
    session = _after_colon(identity.principal_id) if (identity.principal_id or "").startswith("AROA") else None
    return Actor(
        ActorKind.ACCOUNT,
        identity.arn,
        account or identity.principal_id,
        session,
        _human(identity, None),
        _via(identity),
    )


def _service(identity: UserIdentity) -> Actor:
    return Actor(ActorKind.SERVICE, identity.arn, identity.invoked_by, None, _human(identity, None))


def _unknown(identity: UserIdentity) -> Actor:
    if identity.type is None and identity.invoked_by and not (identity.arn or identity.principal_id):
        return _service(identity)
    name = identity.user_name or _last(identity.arn) or identity.principal_id or identity.account_id
    return Actor(ActorKind.UNKNOWN, identity.arn, name, None, _human(identity, None), _via(identity))


_BY_TYPE: dict[str, Callable[[UserIdentity], Actor]] = {
    "root": _root,
    "iamuser": _user(ActorKind.USER),
    "assumedrole": _role,
    "role": _role,
    "federateduser": _federated,
    "samluser": _user(ActorKind.SAML_USER),
    "webidentityuser": _user(ActorKind.WEB_IDENTITY_USER),
    "directory": _user(ActorKind.DIRECTORY),
    "awsaccount": _account,
    "awsservice": _service,
    "anonymous": lambda identity: Actor(ActorKind.ANONYMOUS, None, "anonymous", None, None, _via(identity)),
}


def _role_session(identity: UserIdentity) -> tuple[str | None, str | None]:
    """Take role and session name from `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`, else from the id."""
    _, mark, rest = (identity.arn or "").partition(":assumed-role/")
    role, _, session = rest.partition("/")
    if not mark:
        return None, _after_colon(identity.principal_id)
    return role or None, session or _after_colon(identity.principal_id)


def _last(arn: str | None) -> str | None:
    """Take the name at the end of an ARN; paths stand before it."""
    return arn.rpartition("/")[2].rpartition(":")[2] or None if arn else None


def _after_colon(principal_id: str | None) -> str | None:
    """Take the session name of `AROA...:session`; it may hold further colons."""
    return (principal_id or "").partition(":")[2] or None
