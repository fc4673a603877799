"""Signing in with OpenID Connect: to the provider, back from it, and what follows.

Going and coming back are plain pages with a button that script presses by itself: a form may not
lead to another site (``form-action 'self'``), and no GET of ours changes anything.
"""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.blueprints import forgery, limits
from webapp.blueprints.auth.shell import (
    BEFORE_SIGN_IN,
    auth,
    end_step,
    gate,
    let_in,
    set_session,
    set_step,
    step_token,
    told,
)
from webapp.blueprints.doors import signed_in
from webapp.blueprints.pages import see_other
from webapp.blueprints.returning import own_page
from webapp.delivery import openid_provider as wire
from webapp.delivery.egress import Egress
from webapp.delivery.openid_provider import Client, Identity, NotProven, ProviderDown
from webapp.domain.errors import Conflict, Invalid, NotFound, Unauthenticated
from webapp.services import account, feeds, openid
from webapp.services.openid import AGAIN, LINK, SIGN_IN, Return
from webapp.work import SYSTEM, begin, house


def our_client() -> Client:
    """Kalends as the provider knows it; ``NotFound`` where there is no provider."""
    settings = house().settings
    if not settings.openid_issuer:
        raise NotFound("Nobody signs in here with another service.")
    return Client(
        settings.openid_issuer,
        settings.openid_client_id,
        settings.openid_client_secret,
        f"{settings.base_url}/auth/openid/callback",
    )


def _egress() -> Egress:
    settings = house().settings
    return Egress(settings.egress_allow, feeds.own_addresses(settings))


@auth.post("/openid")
def openid_start() -> Response:
    """Off to the provider to sign in."""
    forgery.check_write(BEFORE_SIGN_IN)
    limits.count("sign-in")
    target = own_page(request.form.get("next")) or ""
    return off_to_provider(SIGN_IN, target=target)


def off_to_provider(
    purpose: str, *, target: str = "", session_id: int | None = None, user_id: int | None = None
) -> Response:
    """The page that leads to the provider; one that says so when the provider is down.

    The provider is asked before any unit of work is opened.
    """
    client, egress = our_client(), _egress()
    try:
        provider = wire.discover(egress, client.issuer)
    except ProviderDown:
        return _down()
    with begin(SYSTEM) as uow:
        left = openid.depart(uow, purpose, target=target, session_id=session_id, user_id=user_id)
    url = wire.departure_url(
        egress,
        client,
        provider,
        state=left.state,
        nonce=left.nonce,
        verifier=left.verifier,
        again=purpose == AGAIN,
    )
    response = gate("away", url=url)
    set_step(response, left.token, openid.LASTS)
    return response


@auth.get("/openid/callback")
def openid_callback() -> Response:
    """Back from the provider. Nothing happens yet: the page sends it on by POST."""
    our_client()
    given = {name: request.args.get(name, "")[:4000] for name in ("code", "state", "iss")}
    if not given["code"] or not given["state"]:
        return _not_signed_in("The provider did not sign you in.")
    return gate("back", given=given)


@auth.post("/openid/return")
def openid_return() -> Response:
    """Take the state back, change the code for an identity, and do what it was for."""
    forgery.check_write(BEFORE_SIGN_IN)
    client = our_client()
    limits.count("sign-in")
    with begin(SYSTEM) as uow:
        back = openid.arrive(uow, step_token(), request.form.get("state", ""))
    if back is None:
        return _not_signed_in("That took too long, or was done already. Please start again.")
    try:
        return _settle(back, _identity(client, back))
    except ProviderDown:
        return _down()
    except (NotProven, Unauthenticated) as refusal:
        return _not_signed_in(refusal.message)


def _identity(client: Client, back: Return) -> Identity:
    egress = _egress()
    return wire.identify(
        egress,
        client,
        wire.discover(egress, client.issuer),
        code=request.form.get("code", "")[:4000],
        nonce=back.nonce,
        verifier=back.verifier,
        now=house().clock(),
        named_issuer=request.form.get("iss") or None,
    )


def _settle(back: Return, identity: Identity) -> Response:
    if back.purpose == SIGN_IN:
        with begin(SYSTEM) as uow:
            proven = openid.prove(uow, identity)
        return let_in(proven, own_page(back.target))
    found = signed_in()
    if found is None or found.session_id != back.session_id or found.user_id != back.user_id:
        return _not_signed_in("You were signed out meanwhile. Please start again.")
    security = url_for("console.account_security")
    try:
        if back.purpose == LINK:
            with begin(found.caller) as uow:
                openid.link(uow, found.user_id, identity)
            response = see_other(f"{security}?done=openid-linked")
        else:
            with begin(found.caller) as uow:
                proven = openid.prove_same(uow, found.user_id, identity)
                token = account.prove_again(uow, found.session_id, proven)
            response = see_other(own_page(back.target) or security)
            set_session(response, token)
    except (Conflict, Invalid) as refusal:
        return told(
            "Nothing was changed",
            refusal.message,
            status=409,
            links=(("Back to your account", security),),
        )
    end_step(response)
    return response


def _down() -> Response:
    response = told(
        "The sign-in service does not answer",
        f"{house().settings.openid} cannot be reached at the moment. Try again in a minute, or "
        "sign in another way.",
        status=503,
    )
    response.headers["Retry-After"] = "60"
    return response


def _not_signed_in(sentence: str) -> Response:
    response = told("You are not signed in", sentence, status=422)
    end_step(response)
    return response
