"""One's own account: name, zone, language and clock, and the address to sign in with."""

from __future__ import annotations

from flask import Response, url_for
from wtforms import Form, RadioField, SelectField, StringField

from webapp.blueprints.console.account_again import proven_first
from webapp.blueprints.console.forms import SelectChoice, refused, typed
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain import zones
from webapp.domain.errors import Invalid
from webapp.domain.language import LANGUAGES
from webapp.services import account
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

DONE = {
    "saved": "Saved.",
    "address-asked": "A link is on its way to the new address. Until you follow it, the old one "
    "stays.",
    "address-kept": "Your address stays as it is.",
}


class ProfileForm(Form):
    """What a person says about themselves."""

    name = StringField("Name")
    zone = SelectField("Time zone", validate_choice=False)
    locale = SelectField(
        "Language",
        choices=[SelectChoice(each.code, each.name) for each in LANGUAGES.values()],
        validate_choice=False,
    )
    time_notation = RadioField(
        "Clock",
        choices=[SelectChoice("24", "24 hours, 14:30"), SelectChoice("12", "12 hours, 2:30 pm")],
        validate_choice=False,
    )


class AddressForm(Form):
    """Another address to sign in with."""

    email = StringField("New address")


@console.get("/account")
def account_page() -> Response:
    """What the person has said about themselves."""
    with look(caller()) as uow:
        return _page(uow)


def _page(uow: UnitOfWork, form: ProfileForm | None = None) -> Response:
    stored = account.profile(uow, me().user_id)
    if form is None:
        form = ProfileForm(
            name=stored.name,
            zone=stored.zone,
            locale=stored.locale,
            time_notation=stored.time_notation,
        )
    form.zone.choices = _zones(form.zone.data or stored.zone)
    return page(
        "account",
        "",
        part="console/_account.html",
        status=422 if form.errors else 200,
        done_words=DONE,
        form=form,
        profile=stored,
        tab="account",
    )


@console.post("/account")
def save_account() -> Response:
    """Keep it."""
    form = typed(ProfileForm)
    try:
        with begin(caller()) as uow:
            account.change_profile(
                uow,
                me().user_id,
                name=form.name.data or "",
                zone=form.zone.data or "",
                locale=form.locale.data or "",
                time_notation=form.time_notation.data or "",
            )
    except Invalid as refusal:
        refused(form, refusal)
        with look(caller()) as uow:
            return _page(uow, form)
    return see_other(url_for("console.account_page", done="saved"))


def _zones(chosen: str) -> list[SelectChoice]:
    """Every zone under its part of the world; the one chosen is among them, whatever it is."""
    found = []
    for name in zones.names() | {chosen}:
        region, slash, city = name.partition("/")
        if slash or name in ("UTC", chosen):
            words = (city or name).replace("_", " ").replace("/", ", ")
            found.append(SelectChoice(name, words, optgroup=region if slash else "Other"))
    return sorted(found, key=lambda each: (each.optgroup in ("Etc", "Other"), each.value))


@console.get("/account/address")
@proven_first
def address_page() -> Response:
    """Another address to sign in with."""
    with look(caller()) as uow:
        return _address_page(uow, AddressForm())


def _address_page(uow: UnitOfWork, form: AddressForm) -> Response:
    return page(
        "account_address",
        "",
        part="console/_account_address.html",
        status=422 if form.errors else 200,
        form=form,
        profile=account.profile(uow, me().user_id),
    )


@console.post("/account/address")
@proven_first
def ask_for_address() -> Response:
    """Send a link to the new address; nothing changes until it is followed."""
    form = typed(AddressForm)
    try:
        with begin(caller()) as uow:
            account.ask_for_address(uow, me().user_id, (form.email.data or "").strip())
    except Invalid as refusal:
        refused(form, refusal)
        with look(caller()) as uow:
            return _address_page(uow, form)
    return see_other(url_for("console.account_page", done="address-asked"))


@console.post("/account/address/keep")
def keep_address() -> Response:
    """Take the wish for another address back."""
    with begin(caller()) as uow:
        account.forget_address(uow, me().user_id)
    return see_other(url_for("console.account_page", done="address-kept"))
