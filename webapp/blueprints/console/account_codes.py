"""Codes from a phone: setting them up, recovery codes, switching them off."""

from __future__ import annotations

from flask import Response, url_for
from wtforms import Form, StringField

from webapp.blueprints.console.account_again import proven_first
from webapp.blueprints.console.account_security import removal_page
from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Invalid
from webapp.services import one_time_codes
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look


class CodeForm(Form):
    """The first code, which shows that the phone has the secret."""

    code = StringField("The code your phone shows")


@console.post("/account/codes")
@proven_first
def start_codes() -> Response:
    """A fresh secret for a phone."""
    with begin(caller()) as uow:
        one_time_codes.start(uow, me().user_id)
    return see_other(url_for("console.codes_setup"))


@console.get("/account/codes")
@proven_first
def codes_page() -> Response:
    """What codes are, with a button that begins; or how it stands with them."""
    with look(caller()) as uow:
        return page(
            "account_codes",
            "",
            part="console/_account_codes.html",
            codes=one_time_codes.standing(uow, me().user_id),
        )


@console.get("/account/codes/setup")
@proven_first
def codes_setup() -> Response:
    """The secret as a picture and as text, until a code confirms it."""
    with look(caller()) as uow:
        if one_time_codes.standing(uow, me().user_id).on:
            return see_other(url_for("console.codes_page"))
        return _setup_page(uow, CodeForm())


def _setup_page(uow: UnitOfWork, form: CodeForm) -> Response:
    setup = one_time_codes.setup(uow, me().user_id)
    return page(
        "account_codes_setup",
        "",
        part="console/_account_codes_setup.html",
        status=422 if form.errors else 200,
        form=form,
        setup=setup,
        picture=picture_of(setup.uri),
    )


def picture_of(text: str) -> str:
    """``text`` as a QR code: an SVG in a ``data:`` address, dark on white in every scheme."""
    import segno

    code = segno.make(text, error="m")
    return str(code.svg_data_uri(scale=4, border=4, light="#fff", dark="#000"))


@console.post("/account/codes/setup")
@proven_first
def confirm_codes() -> Response:
    """Switch codes on by a right one. The recovery codes are shown here and never again."""
    form, found = typed(CodeForm), me()
    try:
        with begin(caller()) as uow:
            recovery = one_time_codes.confirm(
                uow, found.user_id, form.code.data or "", session_id=found.session_id
            )
    except Invalid as refusal:
        refused(form, refusal)
        with look(caller()) as uow:
            return _setup_page(uow, form)
    except Conflict:
        return see_other(url_for("console.codes_page"))
    return _recovery_page(recovery, fresh=True)


@console.post("/account/codes/recovery")
@proven_first
def new_recovery_codes() -> Response:
    """Ten new recovery codes in place of the old."""
    with begin(caller()) as uow:
        recovery = one_time_codes.new_recovery_codes(uow, me().user_id)
    return _recovery_page(recovery, fresh=False)


def _recovery_page(recovery: list[str], *, fresh: bool) -> Response:
    return page(
        "account_recovery",
        "",
        part="console/_account_recovery.html",
        recovery=recovery,
        fresh=fresh,
    )


@console.get("/account/codes/removal")
@proven_first
def codes_removal_page() -> Response:
    """What switching codes off means."""
    return removal_page(
        "Switch codes off",
        "Your password, or the service you sign in with, is enough from now on. Your recovery "
        "codes are worth nothing any more, and you are signed out everywhere else.",
        "Switch codes off",
        url_for("console.switch_codes_off"),
    )


@console.post("/account/codes/removal")
@proven_first
def switch_codes_off() -> Response:
    """Ask for no codes any more."""
    found = me()
    with begin(caller()) as uow:
        one_time_codes.switch_off(uow, found.user_id, session_id=found.session_id)
    return see_other(url_for("console.account_security", done="codes-off"))
