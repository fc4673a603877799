"""What the profile editor shows: stored or typed, with summaries, counts and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request, url_for
from markupsafe import escape

from webapp.blueprints.console import profiles_heads, profiles_rows, profiles_words
from webapp.blueprints.console.profiles import DONE, public_url
from webapp.blueprints.console.profiles_entry import Entry, ProfileForm, draft_of, values_of
from webapp.blueprints.console.profiles_rows import KIND_WORDS, Rows
from webapp.blueprints.console.profiles_words import SECTION_OF, SECTIONS, Difference, stamps
from webapp.blueprints.console.shell import Clock, page
from webapp.blueprints.doors import me
from webapp.domain.errors import FormInvalid, Refusal
from webapp.models import BookingProfile
from webapp.services import host_groups, profile_drafts, profiles
from webapp.services.offers import ProfileCard
from webapp.services.profiles import ProfileDraft
from webapp.services.unit_of_work import UnitOfWork

NOTHING = ProfileDraft(slug="-", name="-", durations=(30,))
"""What a profile that was never saved gives the fields that the form does not hold."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the form comes to: its draft and the card of its page, or the refusal in the way."""

    draft: ProfileDraft | None = None
    card: ProfileCard | None = None
    refusal: Refusal | None = None


def stored_entry(uow: UnitOfWork, saved: BookingProfile) -> Entry:
    """The form filled from the profile."""
    draft = profiles.draft_of(uow, saved)
    return Entry(
        ProfileForm(data=values_of(draft) | {"version": saved.version, "seen": stamps(draft)}),
        Rows(
            profiles_rows.stored_questions(draft.description, draft.questions),
            profiles_rows.stored_groups(host_groups.all_groups(uow), draft.groups),
        ),
    )


def typed_entry(uow: UnitOfWork) -> Entry:
    """The form as it was sent."""
    description = request.form.get("description", "")
    return Entry(
        ProfileForm(request.form),
        Rows(
            profiles_rows.typed_questions(request.form, description),
            profiles_rows.typed_groups(request.form, host_groups.all_groups(uow)),
        ),
    )


def base_of(uow: UnitOfWork, saved: BookingProfile | None) -> ProfileDraft:
    """What the form leaves as it is."""
    return profiles.draft_of(uow, saved) if saved else NOTHING


def standing(uow: UnitOfWork, entry: Entry, saved: BookingProfile | None) -> Standing:
    """What the form comes to, without writing anything. ``NotFound`` is raised: it is no slip."""
    draft = None
    try:
        draft = draft_of(entry, base_of(uow, saved))
        groups = profiles_rows.chosen(entry.rows.groups)
        return Standing(draft, profile_drafts.shown(uow, draft, groups, saved=saved))
    except FormInvalid as refusal:
        return Standing(draft, refusal=refusal)


def editor_page(
    uow: UnitOfWork,
    entry: Entry,
    saved: BookingProfile | None,
    *,
    status: int = 200,
    differences: Sequence[Difference] = (),
    taken: Sequence[str] = (),
    conflict: str = "",
) -> Response:
    """The editor. ``differences`` are what somebody else saved meanwhile, beside what is here;
    ``taken`` the fields that now hold theirs."""
    return page(
        "profile_editor",
        "profiles",
        part="console/_profile_editor.html",
        status=status,
        done_words=DONE,
        title=saved.name if saved else "New profile",
        profile=saved,
        action=_address("profile_editor", "create_profile", saved),
        preview=_address("preview_profile", "preview_new_profile", saved),
        page_url=public_url(saved.slug) if saved else "",
        snippet=_snippet(saved) if saved else "",
        home_url=public_url(),
        differences=differences,
        taken=", ".join(taken),
        conflict=conflict,
        sections=SECTIONS,
        zone_now=Clock(me().user_zone, uow.now).place,
        **parts(uow, entry, saved),
    )


def _snippet(saved: BookingProfile) -> str:
    """A plain link for somebody's website: a line of HTML."""
    return f'<a href="{escape(public_url(saved.slug))}">{escape(saved.name)}</a>'


def _address(one: str, new: str, saved: BookingProfile | None) -> str:
    return url_for(f"console.{one}", uuid=saved.uuid) if saved else url_for(f"console.{new}")


def parts(
    uow: UnitOfWork, entry: Entry, saved: BookingProfile | None, found: Standing | None = None
) -> dict[str, Any]:
    """What the form's parts show; the live preview asks for the same."""
    found = found or standing(uow, entry, saved)
    people = profile_drafts.choices(uow)
    names = {each.account_id: each.name for each in people}
    for card in host_groups.all_groups(uow):
        names.update({each: names.get(each, "Somebody who left") for each in card.accounts})
    return {
        "form": entry.form,
        "rows": entry.rows,
        "people": people,
        "several": _hosts_with_several(people),
        "kinds": KIND_WORDS,
        "summaries": summaries(uow, entry, found, names),
        "open": {SECTION_OF.get(name, "") for name in entry.form.errors if name} or {"what"},
        "sizes": [profiles_heads.size(row, people) for row in entry.rows.groups],
        "count": _count(uow, entry, people, found),
        "contrast": _contrast(entry),
        "wrong": _said(entry),
    }


def _hosts_with_several(people: Sequence[profile_drafts.HostChoice]) -> set[int]:
    """Hosts whose accounts have to be told apart."""
    ids = [each.host_id for each in people]
    return {host_id for host_id in ids if ids.count(host_id) > 1}


def summaries(
    uow: UnitOfWork, entry: Entry, found: Standing, names: dict[int, str]
) -> dict[str, str]:
    """One line for each section; empty lines while the form cannot be read."""
    if found.draft is None:
        return {}
    groups = [row.name or "a new group" for row in entry.rows.groups if row.used]
    today = Clock(found.draft.zone, uow.now).today if found.card else uow.now.date()
    return profiles_words.summaries(found.draft, names, groups, today)


def _count(
    uow: UnitOfWork, entry: Entry, people: Sequence[profile_drafts.HostChoice], found: Standing
) -> str:
    """Whom a booking needs, and how many times that leaves, as far as the form can be read."""
    form = entry.form
    ticked = [int(each) for each in form.accounts.data or () if each.isdigit()]
    heads = profiles_heads.head_count(people, ticked, entry.rows.groups, form.required.data or "")
    if found.card is None:
        return heads
    if not found.card.host_names:
        return heads or profiles_heads.NOBODY
    number = profile_drafts.common_times(uow, found.card)
    together = len(found.card.host_names) if found.card.required == "all" else 1
    return f"{heads} {profiles_words.common_times(number, together)}".strip()


def _contrast(entry: Entry) -> tuple[str, ...]:
    if not entry.form.own_colors.data:
        return ()
    said = profiles_words.contrast(
        entry.form.primary_color.data or "", entry.form.secondary_color.data or ""
    )
    return said.lines if said else ("A colour looks like #2456C4.",)


def _said(entry: Entry) -> list[tuple[str, str]]:
    """Everything that is wrong, in the order of the page: (field's id or nothing, sentence)."""
    found = []
    for name, errors in entry.form.errors.items():
        target = entry.form[name].id if name else ""
        found += [(target, sentence) for sentence in errors]
    return found


def fresh_stamps(uow: UnitOfWork, entry: Entry) -> None:
    """Let the next saving go on top of the groups as they are now."""
    known = {str(card.xid): card.stamp for card in host_groups.all_groups(uow)}
    entry.rows.groups = [
        replace(row, seen=known.get(row.xid, row.seen)) for row in entry.rows.groups
    ]
