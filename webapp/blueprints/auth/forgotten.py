"""Links from mails: a new password for whoever forgot theirs, and a new address confirmed."""

from __future__ import annotations

from flask import Response, request, url_for

from webapp.blueprints import forgery, limits
from webapp.blueprints.auth.shell import BEFORE_SIGN_IN, auth, gate, told
from webapp.domain.errors import Conflict, Gone, Invalid, Refusal, TooMany
from webapp.services import account, password_reset, passwords
from webapp.services.password_reset import Forgetful
from webapp.work import SYSTEM, begin, look


@auth.get("/forgotten")
def forgotten() -> Response:
    """Where to send a link to."""
    return gate("forgotten", email=request.args.get("email", "")[:254])


@auth.post("/forgotten")
def ask_for_link() -> Response:
    """The same answer, after the same work, for every address."""
    forgery.check_write(BEFORE_SIGN_IN)
    email = request.form.get("email", "")[:254].strip()
    try:
        limits.count("forgotten")
        with begin(SYSTEM) as uow:
            password_reset.ask(uow, email)
    except TooMany as refusal:
        return gate("forgotten", status=429, error=refusal, email=email)
    except Invalid as refusal:
        return gate("forgotten", status=422, error=refusal, email=email)
    return told(
        "Look into your mailbox",
        f"If somebody signs in here as {email}, a mail with a link is on its way. The link is "
        "good for 30 minutes.",
    )


@auth.get("/reset/<token>")
def reset_page(token: str) -> Response:
    """The form for a new password."""
    try:
        with look(SYSTEM) as uow:
            who = password_reset.forgetful(uow, token)
    except Gone as refusal:
        return _gone(refusal)
    return _reset_form(token, who)


def _reset_form(
    token: str, who: Forgetful, error: Refusal | None = None, status: int = 200
) -> Response:
    return gate("reset", status=status, error=error, token=token, email=who.email)


@auth.post("/reset/<token>")
def reset(token: str) -> Response:
    """Set the password: the link is used up, and every session of the person ends."""
    forgery.check_write(BEFORE_SIGN_IN)
    password = request.form.get("password", "")
    try:
        with look(SYSTEM) as uow:
            who = password_reset.forgetful(uow, token)
        password_reset.check_new(who, password, request.form.get("repeated", ""))
        new_hash = passwords.hash_password(password)
        with begin(SYSTEM) as uow:
            password_reset.set_new(uow, token, new_hash)
    except Gone as refusal:
        return _gone(refusal)
    except Invalid as refusal:
        return _reset_form(token, who, refusal, 422)
    return told(
        "Your password is set",
        "You are signed out everywhere else. Sign in with the new password.",
    )


def _gone(refusal: Gone) -> Response:
    links = (
        ("Ask for a new link", url_for("auth.forgotten")),
        ("Sign in", url_for("auth.sign_in")),
    )
    return told("This link does not work any more", refusal.message, status=410, links=links)


@auth.get("/verify/<token>")
def verify_page(token: str) -> Response:
    """What the link would do: mail scanners open links, so it takes a button."""
    try:
        with look(SYSTEM) as uow:
            email = account.asked_address(uow, token)
    except Gone as refusal:
        return told("This link does not work any more", refusal.message, status=410)
    return gate("verify", token=token, email=email)


@auth.post("/verify/<token>")
def verify(token: str) -> Response:
    """Make the address the person's own."""
    forgery.check_write(BEFORE_SIGN_IN)
    try:
        with begin(SYSTEM) as uow:
            account.confirm_address(uow, token)
    except Gone as refusal:
        return told("This link does not work any more", refusal.message, status=410)
    except Conflict as refusal:
        return told("The address was not changed", refusal.message, status=409)
    links = (("Go to your account", url_for("console.account_page")),)
    return told("Your address is changed", "Sign in with it from now on.", links=links)
