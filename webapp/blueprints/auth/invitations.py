"""Accepting an invitation: with a new account, or with the one that the address has already."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request, url_for
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webapp.blueprints import forgery, limits
from webapp.blueprints.auth.shell import BEFORE_SIGN_IN, auth, let_in, source_for, told
from webapp.blueprints.auth.views import checked
from webapp.blueprints.doors import signed_in
from webapp.blueprints.pages import see_other, show
from webapp.domain import zones
from webapp.domain.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Refusal,
    TooMany,
    Unauthenticated,
)
from webapp.domain.passwords import check_password
from webapp.domain.permissions import Role
from webapp.services import invitations, organizations, passwords, sessions
from webapp.services.invitations import Account, InvitationGone, Offer
from webapp.services.sessions import Proven, SignedIn
from webapp.services.steps.contact import clean_line
from webapp.work import SYSTEM, begin, look

_GONE = {
    "accepted": "It was accepted already, and works only once. If that was you, sign in.",
    "revoked": "It was taken back. Ask whoever invited you for a new one.",
    "expired": "Its seven days are over. Ask whoever invited you to send it again.",
}
_ROLES = {Role.ADMIN: "an admin", Role.MEMBER: "a member"}
_SIGN_IN = "There is an account for this address by now. Sign in with it to accept."


class NewAccountForm(Form):
    """Who joins: the address is the invitation's."""

    name = StringField("Your name", [InputRequired("Enter your name."), Length(max=120)])
    zone = StringField("Time zone", [InputRequired("Enter a time zone."), Length(max=64)])
    password = PasswordField("Password", [InputRequired("Choose a password."), Length(max=1024)])


class OwnPasswordForm(Form):
    """The password of an account that belongs to no organization at the moment."""

    password = PasswordField("Password", [InputRequired("Enter your password.")])


@dataclass(frozen=True, slots=True)
class Reader:
    """Who holds the link in this browser, and what is offered to them.

    ``manner`` is "new", "sign-in", "homeless", "accept", "other" (signed in as somebody else) or
    "closed".
    """

    offer: Offer
    found: SignedIn | None
    manner: str


@auth.get("/invitations/<token>")
def invitation_page(token: str) -> Response:
    """What the link offers to whoever opens it; looking uses nothing up."""
    try:
        return _page(token, _reader(token))
    except Gone as refusal:
        return _gone(refusal)


@auth.post("/invitations/<token>")
def accept_invitation(token: str) -> Response:
    """Join: the form says as whom by what this browser and the address are."""
    found = signed_in()
    forgery.check_write(found.csrf_key if found else BEFORE_SIGN_IN)
    try:
        reader = _reader(token)
        if reader.manner == "accept" and found is not None:
            return _accept(token, found)
        if reader.manner == "new":
            return _accept_new(token, reader)
        if reader.manner == "homeless":
            return _accept_homeless(token, reader)
        return _page(token, reader, status=409)
    except Gone as refusal:
        return _gone(refusal)


def _reader(token: str) -> Reader:
    with look(SYSTEM) as uow:
        offer = invitations.offered(uow, token)
    found = signed_in()
    if offer.account is Account.CLOSED:
        manner = "closed"
    elif found is not None:
        manner = "accept" if found.user_email == offer.email else "other"
    else:
        manner = {Account.NONE: "new", Account.HOMELESS: "homeless"}.get(offer.account, "sign-in")
    return Reader(offer, found, manner)


def _page(
    token: str,
    reader: Reader,
    *,
    form: Form | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    if form is None and reader.manner == "new":
        form = NewAccountForm(data={"zone": reader.offer.zone})
    elif form is None and reader.manner == "homeless":
        form = OwnPasswordForm()
    found = reader.found
    response = show(
        "auth/invitation.html",
        status=status,
        token=token,
        offer=reader.offer,
        manner=reader.manner,
        role=_ROLES[reader.offer.role],
        found=found,
        form=form,
        error=refusal.message if refusal else "",
        zones=sorted(zones.names()) if reader.manner == "new" else [],
        sign_in=url_for("auth.sign_in", next=url_for("auth.invitation_page", token=token)),
        csrf=forgery.token_of(found.csrf_key if found else BEFORE_SIGN_IN),
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def _gone(refusal: Gone) -> Response:
    how = refusal.how if isinstance(refusal, InvitationGone) else "revoked"
    return told("This invitation does not work any more", _GONE[how], status=410)


def _welcome() -> str:
    return url_for("console.team_page", done="joined")


# ------------------------------------------------------------------------------ the ways to accept


def _accept(token: str, found: SignedIn) -> Response:
    """With the account that is signed in here; the browser goes on in the new organization."""
    try:
        with begin(SYSTEM) as uow:
            joined = invitations.accept(uow, token, found.user_id)
            organizations.switch_to_joined(
                uow, found.session_id, found.user_id, joined.organization_id
            )
    except (Conflict, Forbidden, NotFound) as refusal:
        links = (("Home", url_for("console.home")),)
        return told("Nothing was changed", refusal.message, status=409, links=links)
    return see_other(_welcome())


def _accept_new(token: str, reader: Reader) -> Response:
    """With a new account: checked and hashed before any unit writes."""
    form = NewAccountForm(request.form)
    if not form.validate():
        return _page(token, reader, form=form, status=422)
    name, password = form.name.data or "", form.password.data or ""
    try:
        clean_line(name, field="name", what="your name", most=120)
        zone = _zone(form.zone.data or "")
        check_password(password, known=[name, reader.offer.email, reader.offer.organization_name])
        limits.count("sign-in")
        hashed = passwords.hash_password(password)
        with begin(SYSTEM) as uow:
            joined = invitations.accept_new(uow, token, name=name, zone=zone, password_hash=hashed)
    except (Invalid, TooMany) as refusal:
        _note(form, refusal)
        status = 429 if isinstance(refusal, TooMany) else 422
        return _page(token, reader, form=form, refusal=refusal, status=status)
    except Conflict:
        return told("This address has an account", _SIGN_IN, status=409)
    return let_in(Proven(joined.user_id, hashed, None), _welcome())


def _note(form: Form, refusal: Refusal) -> None:
    """Put a refusal's sentence at its field, or above the form."""
    if refusal.field is not None and refusal.field in form:
        form[refusal.field].errors = [*form[refusal.field].errors, refusal.message]
    else:
        form.form_errors.append(refusal.message)


def _zone(text: str) -> str:
    try:
        return zones.zone(text.strip()).key
    except Invalid as refusal:
        refusal.field = "zone"
        raise


def _accept_homeless(token: str, reader: Reader) -> Response:
    """With an account that cannot sign in yet, because it belongs nowhere: by its password.

    Joining is all that the password does here; a second step is asked for as ever.
    """
    form = OwnPasswordForm(request.form)
    if not form.validate():
        return _page(token, reader, form=form, status=422)
    email = reader.offer.email
    try:
        limits.count("sign-in", source_for(email))
        with look(SYSTEM) as uow:
            who = sessions.credentials(uow, email)
        proven = checked(who, request.form.get("password", ""))
        with begin(SYSTEM) as uow:
            invitations.accept(uow, token, proven.user_id)
        return let_in(proven, _welcome())
    except Unauthenticated:
        _note(form, Invalid("That is not your password.", field="password"))
        return _page(token, reader, form=form, status=422)
    except TooMany as refusal:
        _note(form, refusal)
        return _page(token, reader, form=form, refusal=refusal, status=429)
