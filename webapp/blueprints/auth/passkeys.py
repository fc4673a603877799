"""Signing in with a passkey: a challenge for the device, and its answer."""

from __future__ import annotations

from flask import Response, request

from webapp.blueprints import forgery, limits
from webapp.blueprints.auth.shell import BEFORE_SIGN_IN, auth, let_in, set_step, step_token
from webapp.blueprints.auth.views import sign_in_form
from webapp.blueprints.doors import signed_in
from webapp.blueprints.returning import own_page
from webapp.domain.errors import Invalid, TooMany, Unauthenticated
from webapp.services import passkeys
from webapp.services.passkeys import Challenge
from webapp.work import SYSTEM, begin


def sent(challenge: Challenge) -> Response:
    """A challenge for the script of the page; its token goes into the browser's cookie."""
    response = Response(challenge.options, mimetype="application/json")
    set_step(response, challenge.token, passkeys.LASTS)
    return response


@auth.post("/passkeys/challenge")
def passkey_challenge() -> Response:
    """What the device is to sign; for signing in, and for proving it again."""
    found = signed_in()
    forgery.check_write(found.csrf_key if found else BEFORE_SIGN_IN)
    limits.count("sign-in")
    with begin(SYSTEM) as uow:
        return sent(passkeys.ask_for_one(uow))


@auth.post("/passkeys")
def enter_by_passkey() -> Response:
    """Check the device's answer: both steps at once. The challenge is used up in any case."""
    forgery.check_write(BEFORE_SIGN_IN)
    target = own_page(request.form.get("next"))
    try:
        limits.count("sign-in")
        with begin(SYSTEM) as uow:
            challenge = passkeys.take_challenge(uow, step_token())
        with begin(SYSTEM) as uow:
            proven = passkeys.prove(uow, challenge, request.form.get("answer", ""))
        return let_in(proven, target)
    except TooMany as refusal:
        return sign_in_form(target=target, error=refusal, status=429)
    except (Invalid, Unauthenticated) as refusal:
        return sign_in_form(target=target, error=refusal, status=422)
