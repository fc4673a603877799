"""How one signs in: the ways in, the password, and where one is signed in at the moment."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from wtforms import Form, PasswordField

from webapp.blueprints.auth.openid import off_to_provider, our_client
from webapp.blueprints.auth.shell import set_session
from webapp.blueprints.auth.views import checked
from webapp.blueprints.console.account_again import is_proven, proven_first
from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import Clock, ago, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid, TooMany, Unauthenticated
from webapp.services import account, one_time_codes, openid, passkeys, passwords, sessions
from webapp.services.openid import LINK
from webapp.services.sessions import OpenSession
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

DONE = {
    "password": "Your password is changed. You are signed out everywhere else.",
    "password-removed": "Your password is removed.",
    "passkey-added": "The passkey is added. You are signed out everywhere else.",
    "passkey-removed": "The passkey is removed.",
    "codes-off": "Codes are no longer asked for. You are signed out everywhere else.",
    "openid-linked": "Linked. You can sign in with it from now on.",
    "openid-unlinked": "Unlinked.",
    "session-ended": "That browser is signed out.",
    "sessions-ended": "You are signed out everywhere else.",
}
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("FxiOS", "Firefox"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@console.get("/account/security")
def account_security() -> Response:
    """The ways in and the sessions."""
    with look(caller()) as uow:
        return security_page(uow)


def security_page(uow: UnitOfWork, error: str = "", status: int = 200) -> Response:
    """The page, with what could not be done."""
    found, settings = me(), house().settings
    clock = Clock(found.user_zone, uow.now)
    issuer = settings.openid_issuer
    return page(
        "account_security",
        "",
        part="console/_account_security.html",
        status=status,
        done_words=DONE,
        tab="security",
        error=error,
        ways=account.ways(uow, found.user_id),
        codes=one_time_codes.standing(uow, found.user_id),
        passkeys=[
            {"card": card, "made": clock.moment(card.created_at), "used": _used(card.used_at, uow)}
            for card in passkeys.cards(uow, found.user_id)
        ],
        passkeys_possible=passkeys.possible(settings),
        provider=settings.openid,
        linked=openid.linked(uow, found.user_id, issuer) if issuer else None,
        sessions=[
            _shown(each, found.session_id, clock)
            for each in sessions.sessions_of(uow, found.user_id)
        ],
    )


def _used(used_at: Any, uow: UnitOfWork) -> str:
    return f"used {ago(used_at, uow.now)}" if used_at else "never used"


def _shown(each: OpenSession, own: int, clock: Clock) -> dict[str, Any]:
    return {
        "id": each.id,
        "browser": browser_words(each.user_agent),
        "since": clock.moment(each.created_at),
        "seen": ago(each.seen_at, clock.now),
        "is_this": each.id == own,
    }


def browser_words(user_agent: str) -> str:
    """ "Firefox on Linux"; "A browser" when it says nothing we know."""

    def first(known: tuple[tuple[str, str], ...]) -> str:
        return next((words for mark, words in known if mark in user_agent), "")

    browser, system = first(_BROWSERS), first(_SYSTEMS)
    if not browser:
        return f"A browser on {system}" if system else "A browser"
    return f"{browser} on {system}" if system else browser


def refusal_page(refusal: Conflict) -> Response:
    """The security page with a refusal above it: something that may not be taken away."""
    with look(caller()) as uow:
        return security_page(uow, refusal.message, 409)


# --------------------------------------------------------------------------------- password


class PasswordForm(Form):
    """The old password, and the new one twice."""

    old = PasswordField("Your password now")
    password = PasswordField("New password")
    repeated = PasswordField("The same again")


@console.get("/account/password")
def password_page() -> Response:
    """Another password, or a first one (which takes a proof instead of the old one)."""
    with look(caller()) as uow:
        has_one = account.ways(uow, me().user_id).password
        if has_one or is_proven():
            return _password_form(PasswordForm(), has_one)
    return see_other(url_for("console.again_page", next=url_for("console.password_page")))


def _password_form(form: PasswordForm, has_one: bool) -> Response:
    return page(
        "account_password",
        "",
        part="console/_account_password.html",
        status=422 if form.errors else 200,
        form=form,
        has_one=has_one,
    )


@console.post("/account/password")
def change_password() -> Response:
    """Check the old one, keep the new one, and end every other session."""
    form, found = typed(PasswordForm), me()
    with look(caller()) as uow:
        who = account.own_credentials(uow, found.user_id)
        known = account.known_words(uow, found.user_id)
    has_one = who.password_hash is not None
    if not has_one and not is_proven():
        return see_other(url_for("console.again_page", next=url_for("console.password_page")))
    try:
        account.check_new_password(form.password.data or "", form.repeated.data or "", known)
        if has_one:
            checked(who, form.old.data or "")
        new_hash = passwords.hash_password(form.password.data or "")
        with begin(caller()) as uow:
            token = account.set_password(uow, found.user_id, new_hash, session_id=found.session_id)
    except Unauthenticated:
        refused(form, Invalid("That is not your password.", field="old"))
        return _password_form(form, has_one)
    except (Invalid, TooMany) as refusal:
        refused(form, refusal)
        return _password_form(form, has_one)
    response = see_other(url_for("console.account_security", done="password"))
    set_session(response, token or "")
    return response


@console.get("/account/password/removal")
@proven_first
def password_removal_page() -> Response:
    """What removing the password means."""
    return removal_page(
        "Remove your password",
        "You sign in with a passkey or another service from now on.",
        "Remove password",
        url_for("console.remove_password"),
    )


@console.post("/account/password/removal")
@proven_first
def remove_password() -> Response:
    """Take the password away where there is another way in."""
    try:
        with begin(caller()) as uow:
            account.remove_password(uow, me().user_id)
    except Conflict as refusal:
        return refusal_page(refusal)
    return see_other(url_for("console.account_security", done="password-removed"))


def removal_page(title: str, sentence: str, label: str, action: str) -> Response:
    """A page that says what a removal does, with a button that does it."""
    return page(
        "account_removal",
        "",
        part="console/_account_removal.html",
        title=title,
        sentence=sentence,
        label=label,
        action=action,
    )


# --------------------------------------------------------------------------------- sessions


@console.post("/account/sessions/<int:number>/end")
def end_session(number: int) -> Response:
    """Sign one browser out."""
    with begin(caller()) as uow:
        sessions.revoke(uow, me().user_id, number)
    return see_other(url_for("console.account_security", done="session-ended"))


@console.post("/account/sessions/end")
def end_other_sessions() -> Response:
    """Sign out everywhere but here."""
    with begin(caller()) as uow:
        sessions.revoke_others(uow, me().user_id, me().session_id)
    return see_other(url_for("console.account_security", done="sessions-ended"))


# ----------------------------------------------------------------------- another service


@console.post("/account/openid")
@proven_first
def link_openid() -> Response:
    """Off to the provider, to link it by signing in there."""
    return off_to_provider(LINK, session_id=me().session_id, user_id=me().user_id)


@console.get("/account/openid")
@proven_first
def openid_page() -> Response:
    """What linking means, with a button that begins it."""
    our_client()
    return page(
        "account_openid",
        "",
        part="console/_account_openid.html",
        provider=house().settings.openid,
    )


@console.get("/account/openid/removal")
@proven_first
def openid_removal_page() -> Response:
    """What unlinking means."""
    our_client()
    provider = house().settings.openid
    return removal_page(
        f"Unlink {provider}",
        f"You can no longer sign in with {provider}. Your account there stays as it is.",
        "Unlink",
        url_for("console.unlink_openid"),
    )


@console.post("/account/openid/removal")
@proven_first
def unlink_openid() -> Response:
    """Forget who the person is at the provider."""
    try:
        with begin(caller()) as uow:
            openid.unlink(uow, me().user_id, our_client().issuer)
    except Conflict as refusal:
        return refusal_page(refusal)
    return see_other(url_for("console.account_security", done="openid-unlinked"))
