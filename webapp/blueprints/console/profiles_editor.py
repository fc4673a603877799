"""The profile editor's views: a new profile from a template, changing one, its live preview."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import Response, g, jsonify, render_template, request, url_for

from webapp.blueprints.booking import choose, entrance
from webapp.blueprints.console import profiles_rows
from webapp.blueprints.console.profiles_entry import Entry, ProfileForm, draft_of, values_of
from webapp.blueprints.console.profiles_page import (
    NOTHING,
    Standing,
    base_of,
    editor_page,
    fresh_stamps,
    parts,
    standing,
    stored_entry,
    typed_entry,
)
from webapp.blueprints.console.profiles_rows import Rows
from webapp.blueprints.console.profiles_templates import TEMPLATES, started
from webapp.blueprints.console.profiles_words import FIELD_OF, merged, stamps
from webapp.blueprints.console.shell import Clock, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.blueprints.security import POLICY
from webapp.domain.errors import Conflict, FormInvalid, Invalid, Refusal
from webapp.models import BookingProfile
from webapp.services import directory, host_groups, profile_drafts, profiles
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, look

PREVIEW_POLICY = POLICY.replace("form-action 'self'", "form-action 'none'").replace(
    "script-src 'self'", "script-src 'none'"
)
"""A preview in a tab of its own books nothing and runs nothing."""


@console.get("/profiles/new")
def new_profile() -> Response:
    """The templates, or (``?from=any``) the editor as one of them fills it in."""
    with look(caller()) as uow:
        people = profile_drafts.choices(uow)
        organization = directory.own_organization(uow)
        found = started(request.args.get("from", ""), me().user_id, people, organization.zone)
        if found is None:
            return page(
                "profile_new", "profiles", part="console/_profile_new.html", templates=TEMPLATES
            )
        draft, groups = found
        draft = replace(draft, slug=profiles.free_slug(uow, draft.slug))
        there = profiles_rows.stored_groups(host_groups.all_groups(uow), ())
        entry = Entry(ProfileForm(data=values_of(draft)), Rows(groups=[*groups, *there]))
        return editor_page(uow, entry, None)


@console.post("/profiles/new")
def create_profile() -> Response:
    """Make the profile; a refusal keeps everything that was typed."""
    if profiles_rows.pressed(request.form):
        with look(caller()) as uow:
            profile_drafts.choices(uow)
            return editor_page(uow, typed_entry(uow), None)
    try:
        with begin(caller()) as uow:
            entry = typed_entry(uow)
            draft = draft_of(entry, replace(NOTHING, position=profiles.next_position(uow)))
            groups = profiles_rows.save_groups(uow, entry.rows.groups)
            made = profiles.create(uow, replace(draft, groups=groups)).uuid
    except (Invalid, Conflict) as refusal:
        with look(caller()) as uow:
            entry = typed_entry(uow)
            _put(entry, refusal)
            return editor_page(uow, entry, None, status=_status(refusal))
    return see_other(url_for("console.profile_editor", uuid=made, done="created"))


@console.get("/profiles/<uuid:uuid>")
def profile_editor(uuid: UUID) -> Response:
    """The editor of a profile."""
    with look(caller()) as uow:
        saved = profiles.for_change(uow, uuid)
        return editor_page(uow, stored_entry(uow, saved), saved)


@console.post("/profiles/<uuid:uuid>")
def save_profile(uuid: UUID) -> Response:
    """Save what was typed; when somebody else was faster, both versions are shown."""
    if profiles_rows.pressed(request.form):
        with look(caller()) as uow:
            saved = profiles.for_change(uow, uuid)
            return editor_page(uow, typed_entry(uow), saved)
    try:
        _save(uuid, _version(request.form.get("version", "")))
    except (Invalid, Conflict) as refusal:
        with look(caller()) as uow:
            saved = profiles.for_change(uow, uuid)
            answer = _refused(uow, saved, refusal)
            version = saved.version
        if answer is not None:
            return answer
        _save(uuid, version)
    return see_other(url_for("console.profile_editor", uuid=uuid, done="saved"))


def _save(uuid: UUID, version: int) -> None:
    with begin(caller()) as uow:
        saved = profiles.for_change(uow, uuid)
        entry = typed_entry(uow)
        draft = draft_of(entry, base_of(uow, saved))
        groups = profiles_rows.save_groups(uow, entry.rows.groups, saved.id)
        profiles.change(uow, saved.id, replace(draft, groups=groups), version=version)


def _version(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _refused(uow: UnitOfWork, saved: BookingProfile, refusal: Refusal) -> Response | None:
    """The form as it was typed, with what stands in the way; None when nothing does any more,
    because two people saved the same."""
    entry = typed_entry(uow)
    if not isinstance(refusal, Conflict) or refusal.field == "slug":
        _put(entry, refusal)
        return editor_page(uow, entry, saved, status=_status(refusal))
    if refusal.field == "groups":
        fresh_stamps(uow, entry)
        return editor_page(uow, entry, saved, status=409, conflict=refusal.message)
    found = standing(uow, entry, saved)
    if found.refusal is not None:
        _put(entry, found.refusal)
    names = {each.account_id: each.name for each in profile_drafts.choices(uow)}
    theirs = profiles.draft_of(uow, saved)
    if found.draft is None:
        entry.form.version.data = str(saved.version)
        return editor_page(uow, entry, saved, status=409, conflict=f"{refusal.message}.")
    today = Clock(theirs.zone, uow.now).today
    both = merged(found.draft, theirs, entry.form.seen.data or "", names, today)
    if not both.left and not both.taken:
        return None
    on_top = {"version": saved.version, "seen": stamps(theirs)}
    questions = profiles_rows.stored_questions(both.draft.description, both.draft.questions)
    entry = Entry(
        ProfileForm(data=values_of(both.draft) | on_top), Rows(questions, entry.rows.groups)
    )
    return editor_page(
        uow,
        entry,
        saved,
        status=409,
        differences=both.left,
        taken=both.taken,
        conflict=f"{refusal.message}.",
    )


def _status(refusal: Refusal) -> int:
    return 409 if isinstance(refusal, Conflict) else 422


def _put(entry: Entry, refusal: Refusal) -> None:
    errors = refusal.errors if isinstance(refusal, FormInvalid) else {}
    errors = errors or {refusal.field or "": refusal.message}
    entry.refuse({FIELD_OF.get(name, name): sentence for name, sentence in errors.items()})


# ------------------------------------------------------------------------------------ the preview


@console.post("/profiles/new/preview")
def preview_new_profile() -> Response:
    """The page that saving would make, from the form as it stands; nothing is written."""
    with look(caller()) as uow:
        return _preview(uow, None)


@console.post("/profiles/<uuid:uuid>/preview")
def preview_profile(uuid: UUID) -> Response:
    """The same for a profile that exists."""
    with look(caller()) as uow:
        return _preview(uow, profiles.for_change(uow, uuid))


def _preview(uow: UnitOfWork, saved: BookingProfile | None) -> Response:
    """The real page made from the form: alone in a tab, or for the editor's script with what else
    of the form depends on it."""
    profile_drafts.choices(uow)
    entry = typed_entry(uow)
    found = standing(uow, entry, saved)
    if found.refusal is not None:
        _put(entry, found.refusal)
    if request.headers.get("X-Preview") != "live":
        if found.card is None:
            return editor_page(uow, entry, saved, status=422)
        response = Response(_rendered(uow, found, live=False), mimetype="text/html")
        response.headers["Content-Security-Policy"] = PREVIEW_POLICY
        return response
    shown = parts(uow, entry, saved, found)
    return jsonify(
        page=_rendered(uow, found, live=True) if found.card else "",
        problem=shown["wrong"][0][1] if shown["wrong"] else "",
        summaries=shown["summaries"],
        count=shown["count"],
        contrast=list(shown["contrast"]),
        names=[row.name for row in entry.rows.questions],
        questions=render_template("console/_profile_questions.html", **shown),
    )


def _rendered(uow: UnitOfWork, found: Standing, *, live: bool) -> str:
    """The public page of the card; a ``live`` one beside the form can be looked at only."""
    assert found.card is not None
    organization = directory.own_organization(uow)
    g.organization = organization
    context = choose.screen_a(uow, organization, found.card, {})
    return entrance.text("preview", organization, live=live, **context)
