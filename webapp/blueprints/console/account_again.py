"""Proving again who one is, before anything dangerous: by password, passkey or provider.

Other pages put ``proven_first`` on a view that shows or does something dangerous; whoever has not
proved who they are within ten minutes is asked here first and comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webapp.blueprints.auth.openid import off_to_provider
from webapp.blueprints.auth.second_step import count_code
from webapp.blueprints.auth.shell import end_step, set_session, step_token
from webapp.blueprints.auth.views import checked
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.blueprints.returning import own_page
from webapp.domain.errors import Invalid, Refusal, TooMany, Unauthenticated
from webapp.services import account, one_time_codes, passkeys
from webapp.services.openid import AGAIN
from webapp.services.sessions import PROVEN_FOR, Proven
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

P = ParamSpec("P")
R = TypeVar("R", bound=AnyResponse)


def is_proven() -> bool:
    """Whether whoever asks has proved who they are within ``PROVEN_FOR``."""
    proven_at = me().proven_at
    return proven_at is not None and house().clock() < proven_at + PROVEN_FOR


def proven_first(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Let ``view`` answer only those who have just proved who they are.

    Others are sent to do so and come back to the page at the same address.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if is_proven():
            return view(*args, **kwargs)
        return see_other(url_for("console.again_page", next=own_page(request.path)))

    return guarded


@console.get("/account/again")
def again_page() -> Response:
    """Asks for the password, or offers what else the person signs in with."""
    with look(caller()) as uow:
        return _form(uow)


def _form(uow: UnitOfWork, refusal: Refusal | None = None, status: int = 200) -> Response:
    settings = house().settings
    ways = account.ways(uow, me().user_id)
    response = page(
        "account_again",
        "",
        part="console/_account_again.html",
        status=status,
        ways=ways,
        target=own_page(request.values.get("next")) or "",
        errors={refusal.field or "form": refusal.message} if refusal else {},
        passkeys=ways.passkeys > 0 and passkeys.possible(settings),
        provider=settings.openid if ways.openid and not ways.codes else "",
    )
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


@console.post("/account/again")
def again() -> Response:
    """Check password and code, and note that it is them; the session gets a new token."""
    try:
        proven = _proven()
        with begin(caller()) as uow:
            token = account.prove_again(uow, me().session_id, proven)
    except (Invalid, Unauthenticated) as refusal:
        return _refused(refusal, 422)
    except TooMany as refusal:
        return _refused(refusal, 429)
    return _back(token)


def _refused(refusal: Refusal, status: int) -> Response:
    with look(caller()) as uow:
        return _form(uow, refusal, status)


def _proven() -> Proven:
    """What the form proves: the password where there is one, and a code where codes are on."""
    found = me()
    with look(caller()) as uow:
        ways, who = account.ways(uow, found.user_id), account.own_credentials(uow, found.user_id)
    if not ways.password and not ways.codes:
        raise Invalid("Use a passkey or the service that you sign in with.")
    proven = Proven(found.user_id, None, None)
    if ways.password:
        try:
            proven = checked(who, request.form.get("password", ""))
        except Unauthenticated as refusal:
            raise Invalid("That is not your password.", field="password") from refusal
    if not ways.codes:
        return proven
    count_code(found.user_id, found.user_email)
    with begin(caller()) as uow:
        right = one_time_codes.use(uow, found.user_id, request.form.get("code", "")[:100])
    if not right:
        raise Invalid("That code is not right, or was used already.", field="code")
    return Proven(found.user_id, proven.password_hash, None, both=True)


def _back(token: str) -> Response:
    target = own_page(request.form.get("next")) or url_for("console.account_security")
    response = see_other(target)
    set_session(response, token)
    return response


@console.post("/account/again/passkey")
def again_by_passkey() -> Response:
    """Check a passkey of the person."""
    found = me()
    try:
        with begin(caller()) as uow:
            challenge = passkeys.take_challenge(uow, step_token())
        with begin(caller()) as uow:
            answer = request.form.get("answer", "")
            proven = passkeys.prove(uow, challenge, answer, user_id=found.user_id)
            token = account.prove_again(uow, found.session_id, proven)
    except (Invalid, Unauthenticated) as refusal:
        return _refused(refusal, 422)
    response = _back(token)
    end_step(response)
    return response


@console.post("/account/again/openid")
def again_by_openid() -> Response:
    """Let the provider ask the person again."""
    found = me()
    return off_to_provider(
        AGAIN,
        target=own_page(request.form.get("next")) or "",
        session_id=found.session_id,
        user_id=found.user_id,
    )
