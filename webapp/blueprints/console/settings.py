"""Settings of the organization: name and address, look, and how long invitees are kept."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request, url_for
from wtforms import Form, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from webapp.blueprints.console.forms import SelectChoice, refused, typed
from webapp.blueprints.console.shell import console, page
from webapp.blueprints.doors import caller
from webapp.blueprints.pages import see_other
from webapp.domain import zones
from webapp.domain.colour import Brand, derive
from webapp.domain.errors import Conflict, Invalid, Refusal
from webapp.domain.language import LANGUAGES
from webapp.domain.permissions import Permission
from webapp.services import organizations
from webapp.services.organizations import OrganizationSettings
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

DONE = {
    "saved": "Saved.",
    "look": "The new look is on your public pages now.",
    "logo": "The logo is on your public pages now.",
    "logo-removed": "The logo is removed.",
    "kept": "Saved. What is older goes within the hour.",
}
_MONTHS = (3, 6, 12, 24, 36, 84)
FOR_GOOD = "for-good"


class GeneralForm(Form):
    """What the organization is called, where its pages are, and its language."""

    name = StringField("Name", [InputRequired("Enter a name."), Length(max=120)])
    slug = StringField("Address", [InputRequired("Enter an address."), Length(max=40)])
    zone = StringField("Time zone", [InputRequired("Enter a time zone."), Length(max=64)])
    locale = SelectField(
        "Language of your pages and mails",
        choices=[SelectChoice(each.code, each.name) for each in LANGUAGES.values()],
    )


class LookForm(Form):
    """Two colours."""

    primary = StringField("Main colour", [InputRequired("Choose a colour."), Length(max=20)])
    secondary = StringField("Second colour", [InputRequired("Choose a colour."), Length(max=20)])


class KeepForm(Form):
    """How long invitees are kept."""

    months = RadioField("Forget invitees", validators=[InputRequired("Choose one.")])

    @classmethod
    def of(cls, stored: int | None, sent: bool = False) -> KeepForm:
        """The form with what is stored among the choices."""
        found = cls(request.form) if sent else cls(data={"months": str(stored or FOR_GOOD)})
        offered = sorted({*_MONTHS, *([stored] if stored else [])})
        found.months.choices = [
            *(SelectChoice(str(each), f"{_spelled(each)} after their booking") for each in offered),
            SelectChoice(FOR_GOOD, "Never"),
        ]
        return found


def _spelled(months: int) -> str:
    years, rest = divmod(months, 12)
    if rest or not years:
        return f"{months} month{'s' if months != 1 else ''}"
    return f"{years} year{'s' if years != 1 else ''}"


@dataclass(frozen=True, slots=True)
class Shade:
    """What became of the colours on one ground, in words. ``mode`` is "Light" or "Dark"."""

    mode: str
    page: str
    text: str
    muted: str
    button: str
    on_button: str
    link: str
    accent: str
    said: tuple[str, ...]


def shades(brand: Brand) -> tuple[Shade, Shade]:
    """The two looks that a pair of colours comes to; the public pages use the same."""
    on = "black" if brand.on_primary == "#000000" else "white"
    button = f"Buttons have {on} text: {brand.on_primary_ratio:.1f} to 1."
    return (
        Shade(
            *("Light", "#FFFFFF", "#16191F", "#545C69", brand.primary, brand.on_primary),
            brand.light_text,
            "#78818F" if brand.light_accent_outlined else brand.secondary,
            (
                button,
                _link_words(brand.light_mixed, "darker", brand.light_ratio),
                *_accent_words(brand.light_accent_outlined),
            ),
        ),
        Shade(
            *("Dark", "#181C23", "#E9ECF1", "#A7B0BD", brand.primary, brand.on_primary),
            brand.dark_text,
            "#7C8696" if brand.dark_accent_outlined else brand.secondary,
            (
                button,
                _link_words(brand.dark_mixed, "lighter", brand.dark_ratio),
                *_accent_words(brand.dark_accent_outlined),
            ),
        ),
    )


def _link_words(mixed: int, how: str, ratio: float) -> str:
    if mixed:
        return f"Links are {mixed} % {how}, so that they can be read: {ratio:.1f} to 1."
    return f"Links have your main colour: {ratio:.1f} to 1."


def _accent_words(outlined: bool) -> tuple[str, ...]:
    return ("The second colour hardly shows here, so a grey stands in for it.",) if outlined else ()


@console.get("/settings")
def settings() -> Response:
    """Everything about the organization that its people decide."""
    with look(caller()) as uow:
        return settings_page(uow)


def settings_page(
    uow: UnitOfWork,
    *,
    general: GeneralForm | None = None,
    colours: LookForm | None = None,
    keep: KeepForm | None = None,
    logo_error: str = "",
    tried: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The page, with the form that was refused."""
    stored = organizations.settings(uow)
    pair = tried or (stored.primary_color, stored.secondary_color)
    return page(
        "settings",
        "settings",
        part="console/_settings.html",
        status=status,
        done_words=DONE,
        stored=stored,
        general=general or _general(stored),
        colours=colours or LookForm(data={"primary": pair[0], "secondary": pair[1]}),
        keep=keep or KeepForm.of(stored.retention_months),
        shades=shades(derive(*pair)),
        tried=tried is not None,
        logo_error=logo_error,
        zones=sorted(zones.names()),
        base=f"{house().settings.base_url}/",
        reads_log=uow.caller.may(Permission.AUDIT_READ),
    )


def _general(stored: OrganizationSettings) -> GeneralForm:
    named = {name: getattr(stored, name) for name in ("name", "slug", "zone", "locale")}
    return GeneralForm(data=named)


def _status(refusal: Refusal) -> int:
    return 409 if isinstance(refusal, Conflict) else 422


@console.post("/settings/general")
def save_general() -> Response:
    """Change name, address, zone and language."""
    form, status = typed(GeneralForm), 422
    if form.validate():
        try:
            with begin(caller()) as uow:
                organizations.change(
                    uow,
                    name=form.name.data or "",
                    slug=(form.slug.data or "").strip().lower(),
                    zone=(form.zone.data or "").strip(),
                    locale=form.locale.data,
                )
            return see_other(url_for("console.settings", done="saved"))
        except (Invalid, Conflict) as refusal:
            refused(form, refusal)
            status = _status(refusal)
    with look(caller()) as uow:
        return settings_page(uow, general=form, status=status)


@console.post("/settings/colours")
def save_colours() -> Response:
    """Change both colours, or only show what a pair would come to (``try``)."""
    form = typed(LookForm)
    if form.validate():
        try:
            pair = (
                organizations.colour_of(form.primary.data or "", "primary"),
                organizations.colour_of(form.secondary.data or "", "secondary"),
            )
            if "try" in request.form:
                with look(caller()) as uow:
                    return settings_page(uow, tried=pair)
            with begin(caller()) as uow:
                organizations.change_colours(uow, primary=pair[0], secondary=pair[1])
            return see_other(url_for("console.settings", done="look"))
        except Invalid as refusal:
            refused(form, refusal)
    with look(caller()) as uow:
        return settings_page(uow, colours=form, status=422)


@console.post("/settings/retention")
def save_retention() -> Response:
    """Change how long invitees are kept."""
    with look(caller()) as uow:
        form = KeepForm.of(organizations.settings(uow).retention_months, sent=True)
        if not form.validate():
            return settings_page(uow, keep=form, status=422)
    months = None if form.months.data == FOR_GOOD else int(form.months.data)
    with begin(caller()) as uow:
        organizations.set_retention(uow, months)
    return see_other(url_for("console.settings", done="kept" if months else "saved"))
