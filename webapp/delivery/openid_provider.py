"""The wire to an OpenID provider: discovery, tokens, keys, and what an ID token has to show.

Authlib speaks the protocol, joserfc (its own library of signatures) checks the token, and the
egress client is the only way out. OpenID Connect Core 1.0 3.1.3.7; RFC 7636; RFC 9207.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from webapp.delivery.egress import Egress
from webapp.domain.errors import Busy, Invalid, Refusal

SCOPE = "openid email profile"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key of the provider; never "none", never a shared secret."""
CLOCK_SKEW_SECONDS = 60


class ProviderDown(Busy):
    """The provider could not be asked, or answered what is no OpenID Connect. Nothing of what it
    said is repeated.
    """

    code = "provider_down"


class NotProven(Invalid):
    """The provider's answer proves nothing; ``code`` says which check it failed."""

    def __init__(self, code: str) -> None:
        super().__init__("The provider's answer could not be trusted, so nobody was signed in.")
        self.code = code


@dataclass(frozen=True, slots=True)
class Client:
    """Kalends as the provider knows it. ``redirect_uri`` is where it sends people back to."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    auth_methods: tuple[str, ...]
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in at the provider. Only ``issuer`` and ``subject`` together name somebody."""

    issuer: str
    subject: str
    email: str
    email_verified: bool


def discover(egress: Egress, issuer: str) -> Provider:
    """Ask the provider where its parts are; raises ``ProviderDown``."""
    found = _json(egress, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise _down()
    scheme = issuer.partition(":")[0]
    try:
        return Provider(
            issuer=issuer,
            authorization_endpoint=_text(found, "authorization_endpoint", scheme),
            token_endpoint=_text(found, "token_endpoint", scheme),
            jwks_uri=_text(found, "jwks_uri", scheme),
            auth_methods=tuple(
                found.get("token_endpoint_auth_methods_supported") or ("client_secret_basic",)
            ),
            names_itself=bool(found.get("authorization_response_iss_parameter_supported")),
        )
    except (KeyError, TypeError) as error:
        raise _down() from error


def departure_url(
    egress: Egress,
    client: Client,
    provider: Provider,
    *,
    state: str,
    nonce: str,
    verifier: str,
    again: bool = False,
) -> str:
    """Where to send the browser. ``again``: the provider has to ask who it is anew."""
    more = {"prompt": "login", "max_age": "0"} if again else {}
    session = _session(egress, client, provider)
    url, _ = session.create_authorization_url(
        provider.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier, **more
    )
    return str(url)


def identify(
    egress: Egress,
    client: Client,
    provider: Provider,
    *,
    code: str,
    nonce: str,
    verifier: str,
    now: datetime,
    named_issuer: str | None = None,
) -> Identity:
    """Change the code for an ID token and check it: signature, issuer, audience, time, nonce.

    ``named_issuer`` is the ``iss`` of the provider's answer (RFC 9207). Raises ``NotProven`` and
    ``ProviderDown``.
    """
    if (named_issuer is None and provider.names_itself) or named_issuer not in (
        None,
        provider.issuer,
    ):
        raise NotProven("issuer")
    token = _token(egress, client, provider, code, verifier)
    keys = _json(egress, provider.jwks_uri)
    claims = _checked(token, keys, client, nonce, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotProven("subject")
    email = claims.get("email")
    return Identity(
        issuer=provider.issuer,
        subject=subject,
        email=email if isinstance(email, str) and len(email) <= 254 else "",
        email_verified=claims.get("email_verified") is True,
    )


def _token(
    egress: Egress, client: Client, provider: Provider, code: str, verifier: str
) -> dict[str, Any]:
    from authlib.common.errors import AuthlibBaseError

    session = _session(egress, client, provider)
    try:
        token = session.fetch_token(
            provider.token_endpoint,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
        )
    except AuthlibBaseError as error:
        raise NotProven("code") from error  # used, too old, or another client's
    except ValueError as error:
        raise NotProven("code") from error  # an answer without a token in it
    except (Refusal, OSError) as error:
        raise _down() from error
    if not isinstance(token.get("id_token"), str):
        raise NotProven("token")
    return dict(token)


def _checked(
    token: dict[str, Any], keys: dict[str, Any], client: Client, nonce: str, now: datetime
) -> dict[str, Any]:
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    options = {
        "iss": {"essential": True, "value": client.issuer},
        "aud": {"essential": True, "value": client.client_id},
    }
    params = {"nonce": nonce, "client_id": client.client_id}
    if token.get("access_token"):
        params["access_token"] = token["access_token"]
    try:
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        found = jwt.decode(
            token["id_token"], KeySet.import_key_set(cast(Any, keys)), registry=registry
        )
        claims = CodeIDToken(found.claims, found.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=CLOCK_SKEW_SECONDS)
    except JoseError as error:
        raise NotProven(str(getattr(error, "claim", None) or error.error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotProven("token") from error
    return dict(claims)


def _session(egress: Egress, client: Client, provider: Provider) -> Any:
    """Authlib's client, with no way to the world but ours."""
    from authlib.integrations.requests_client import OAuth2Session

    from webapp.delivery.egress_session import confine

    basic = "client_secret_basic" in provider.auth_methods
    session = OAuth2Session(
        client.client_id,
        client.client_secret,
        token_endpoint_auth_method="client_secret_basic" if basic else "client_secret_post",
        scope=SCOPE,
        redirect_uri=client.redirect_uri,
        code_challenge_method="S256",
    )
    confine(session, egress)
    return session


def _json(egress: Egress, url: str) -> dict[str, Any]:
    try:
        answer = egress.fetch(
            url,
            headers={"Accept": "application/json"},
            max_bytes=2**20,
            total_seconds=10,
            max_redirects=0,
        )
        found = json.loads(answer.body) if answer.status == 200 else None
    except (Refusal, ValueError) as error:
        raise _down() from error
    if not isinstance(found, dict):
        raise _down()
    return found


def _text(found: dict[str, Any], name: str, scheme: str) -> str:
    """An address of the provider, as well protected as the provider itself."""
    text = found[name]
    if not isinstance(text, str) or not text.startswith(("https://", f"{scheme}://")):
        raise TypeError(name)
    return text


def _down() -> ProviderDown:
    return ProviderDown("The sign-in service cannot be reached at the moment.")
