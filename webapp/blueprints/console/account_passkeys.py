"""One's passkeys: adding one with the device at hand, and taking one away."""

from __future__ import annotations

from uuid import UUID

from flask import Response, request, url_for
from wtforms import Form, HiddenField, StringField

from webapp.blueprints.auth.passkeys import sent
from webapp.blueprints.auth.shell import end_step, step_token
from webapp.blueprints.console.account_again import proven_first
from webapp.blueprints.console.account_security import (
    browser_words,
    refusal_page,
    removal_page,
)
from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid, NotFound, Refusal
from webapp.services import passkeys
from webapp.work import begin, house, look


class PasskeyForm(Form):
    """What to call the passkey, and the device's answer."""

    name = StringField("Name")
    answer = HiddenField()


@console.get("/account/passkeys/new")
@proven_first
def passkey_page() -> Response:
    """A name for the passkey, and a button that asks the device."""
    if not passkeys.possible(house().settings):
        raise NotFound("Passkeys need an address with a name, over https.")
    form = PasskeyForm(name=browser_words(request.headers.get("User-Agent", "")))
    return _form(form)


def _form(form: PasskeyForm) -> Response:
    return page(
        "account_passkey",
        "",
        part="console/_account_passkey.html",
        status=422 if form.errors else 200,
        form=form,
    )


@console.post("/account/passkeys/challenge")
@proven_first
def new_passkey_challenge() -> Response:
    """What the device is asked, for the script of the page."""
    found = me()
    with begin(caller()) as uow:
        return sent(passkeys.ask_for_new(uow, found.user_id, session_id=found.session_id))


@console.post("/account/passkeys/new")
@proven_first
def add_passkey() -> Response:
    """Keep the passkey that the device made. The challenge is used up in any case."""
    form, found = typed(PasskeyForm), me()
    try:
        with begin(caller()) as uow:
            challenge = passkeys.take_challenge(uow, step_token(), session_id=found.session_id)
        with begin(caller()) as uow:
            passkeys.add(
                uow,
                found.user_id,
                challenge,
                form.answer.data or "",
                name=form.name.data or "",
                session_id=found.session_id,
            )
    except (Invalid, Conflict) as refusal:
        return _refused(form, refusal)
    response = see_other(url_for("console.account_security", done="passkey-added"))
    end_step(response)
    return response


def _refused(form: PasskeyForm, refusal: Refusal) -> Response:
    form.answer.data = ""
    refused(form, refusal)
    return _form(form)


@console.get("/account/passkeys/<uuid:uuid>/removal")
@proven_first
def passkey_removal_page(uuid: UUID) -> Response:
    """What removing the passkey means."""
    with look(caller()) as uow:
        card = next((c for c in passkeys.cards(uow, me().user_id) if c.uuid == uuid), None)
    if card is None:
        raise NotFound("There is no such passkey.")
    return removal_page(
        "Remove passkey",
        f"“{card.name}” no longer signs you in. The device may still offer it; delete it there, "
        "too.",
        "Remove passkey",
        url_for("console.remove_passkey", uuid=uuid),
    )


@console.post("/account/passkeys/<uuid:uuid>/removal")
@proven_first
def remove_passkey(uuid: UUID) -> Response:
    """Take the passkey away where there is another way in."""
    try:
        with begin(caller()) as uow:
            passkeys.remove(uow, me().user_id, uuid)
    except Conflict as refusal:
        return refusal_page(refusal)
    return see_other(url_for("console.account_security", done="passkey-removed"))
