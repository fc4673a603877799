"""Connect: the keys with which programs use the JSON surfaces, shown once and never again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Response, request, url_for

from webapp.blueprints.console.connect_forms import (
    FIRST_TICKED,
    KeyForm,
    SecretForm,
    said_of,
    scopes_of,
)
from webapp.blueprints.console.forms import refused, typed
from webapp.blueprints.console.shell import Clock, ago, console, page
from webapp.blueprints.doors import caller, me
from webapp.blueprints.pages import see_other
from webapp.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from webapp.domain.permissions import Permission
from webapp.services import keyrings, keys
from webapp.services.keyrings import KeyCard
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import begin, house, look

DONE = {"ended": "The key is revoked. Programs that use it are refused from now on."}


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as the page writes it."""

    card: KeyCard
    scopes: str
    state: str
    tone: str
    seen: str
    created: str
    expires: str
    old_until: str
    ended: str


@console.get("/connect")
def connect() -> Response:
    """The reader's tokens, and the organization's clients for those who manage keys."""
    with look(caller()) as uow:
        return _connect(uow)


def _connect(uow: UnitOfWork, refusal: Refusal | None = None) -> Response:
    manages = uow.caller.may(Permission.KEYS_MANAGE)
    clock = Clock(me().user_zone, uow.now)
    return page(
        "connect",
        "connect",
        part="console/_connect.html",
        status=409 if refusal else 200,
        done_words=DONE,
        refusal=refusal.message if refusal else "",
        tokens=_living_first(keyrings.own_tokens(uow), clock),
        clients=_living_first(keyrings.clients(uow), clock) if manages else [],
        manages=manages,
        keeps_data=uow.caller.may(Permission.DATA_MANAGE),
        try_it=_curl("$TOKEN"),
    )


@console.get("/connect/everybody")
def connect_everybody() -> Response:
    """Everybody's tokens, 50 at a time, to find and end those that nobody needs."""
    number = request.args.get("before", "")
    before = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    with look(caller()) as uow:
        clock = Clock(me().user_zone, uow.now)
        found, further = keyrings.all_tokens(uow, before=before)
        return page(
            "connect_everybody",
            "connect",
            part="console/_connect_everybody.html",
            done_words=DONE,
            tokens=[_shown(card, clock) for card in found],
            more=url_for("console.connect_everybody", before=further) if further else "",
            first=url_for("console.connect_everybody") if before else "",
        )


def _living_first(cards: list[KeyCard], clock: Clock) -> list[Shown]:
    return [_shown(card, clock) for card in sorted(cards, key=lambda card: not card.is_living)]


def _shown(card: KeyCard, clock: Clock) -> Shown:
    state, tone, ended = ("In use", "ok", "") if card.seen_at else ("Not used yet", "info", "")
    if card.revoked_at is not None:
        state, tone, ended = "Revoked", "bad", clock.moment(card.revoked_at)
    elif not card.is_living and card.expires_at is not None:
        state, tone, ended = "Expired", "warn", clock.moment(card.expires_at)
    return Shown(
        card,
        scopes=said_of(card.scopes),
        state=state,
        tone=tone,
        seen=ago(card.seen_at, clock.now) if card.seen_at else "",
        created=clock.moment(card.created_at),
        expires=clock.moment(card.expires_at) if card.expires_at else "",
        old_until=clock.moment(card.old_until) if card.old_until and card.is_living else "",
        ended=ended,
    )


# -------------------------------------------------------------------------------------- making


@console.get("/connect/tokens/new")
def connect_new_token() -> Response:
    """What a new access token is to be."""
    with look(caller()):
        return _new(_form(client=False), client=False)


@console.get("/connect/clients/new")
def connect_new_client() -> Response:
    """What a new API client is to be."""
    with look(caller()):
        _may_manage()
        return _new(_form(client=True), client=True)


@console.post("/connect/tokens/new")
def connect_make_token() -> Response:
    """Make an access token of the reader's own and show it, this once."""
    return _make(client=False)


@console.post("/connect/clients/new")
def connect_make_client() -> Response:
    """Make an API client and show its secret, this once."""
    return _make(client=True)


def _may_manage() -> None:
    if not caller().may(Permission.KEYS_MANAGE):
        raise Forbidden("Ask an owner or an admin for an API client.")


def _form(*, client: bool) -> KeyForm:
    form = typed(KeyForm, scopes=[scope.value for scope in FIRST_TICKED])
    form.scopes.choices = scopes_of(caller(), client=client)
    return form


def _new(form: KeyForm, *, client: bool, status: int = 200) -> Response:
    return page(
        "connect_new",
        "connect",
        part="console/_connect_new.html",
        status=status,
        form=form,
        client=client,
        key=request.form.get("key") or secrets.token_urlsafe(16),
    )


def _make(*, client: bool) -> Response:
    if client:
        _may_manage()
    form = _form(client=client)
    if not form.validate():
        return _new(form, client=client, status=422)
    name, form_key = form.name.data or "", request.form.get("key", "")[:255]
    client_id = ""
    try:
        with begin(caller()) as uow:
            until, scopes = form.until(uow.now), form.wanted
            if client:
                made = keys.make_client(
                    uow, name, scopes=scopes, expires_at=until, form_key=form_key
                )
                client_id, secret = made.client_id, made.secret
            else:
                secret = keys.make_own_token(
                    uow, name, scopes=scopes, expires_at=until, form_key=form_key
                ).token
    except Invalid as refusal:
        refused(form, refusal)
        return _new(form, client=client, status=422)
    except Conflict as refusal:
        with look(caller()) as uow:
            return _connect(uow, refusal)
    return _once(name, client_id, secret, scopes=scopes)


def _once(
    name: str,
    client_id: str,
    secret: str,
    *,
    scopes: frozenset[Permission] | None,
    old_until: str = "",
) -> Response:
    """The page that shows a secret. It is the answer to the form, so no address leads to it."""
    return page(
        "connect_made",
        "connect",
        part="console/_connect_made.html",
        label=" ".join(name.split()),
        client_id=client_id,
        secret=secret,
        old_until=old_until,
        try_it=_curl(secret, client_id)
        if scopes is None or Permission.PROFILE_READ in scopes
        else "",
    )


def _curl(secret: str, client_id: str = "") -> str:
    """A command that asks who the key belongs to, for a shell."""
    url = f"{house().settings.base_url}/api/scheduling/users/me"
    proof = f'-u "{client_id}:{secret}"' if client_id else f'-H "Authorization: Bearer {secret}"'
    return f"curl {proof} {url}"


# ------------------------------------------------------------------------------ another secret


@console.get("/connect/tokens/<ref>/secret")
def connect_token_secret(ref: str) -> Response:
    """What another secret for a token means."""
    with look(caller()) as uow:
        return _secret_page(_own(uow, ref), SecretForm(), client=False)


@console.get("/connect/clients/<ref>/secret")
def connect_client_secret(ref: str) -> Response:
    """What another secret for a client means."""
    with look(caller()) as uow:
        return _secret_page(_client(uow, ref), SecretForm(), client=True)


def _secret_page(card: KeyCard, form: SecretForm, *, client: bool, status: int = 200) -> Response:
    if not card.is_living:
        raise Conflict("This key has ended. Make another one instead.")
    return page(
        "connect_secret",
        "connect",
        part="console/_connect_secret.html",
        status=status,
        card=card,
        form=form,
        client=client,
    )


@console.post("/connect/tokens/<ref>/secret")
def connect_rotate_token(ref: str) -> Response:
    """Another secret for a token, shown this once."""
    return _rotate(ref, client=False)


@console.post("/connect/clients/<ref>/secret")
def connect_rotate_client(ref: str) -> Response:
    """Another secret for a client, shown this once."""
    return _rotate(ref, client=True)


def _rotate(ref: str, *, client: bool) -> Response:
    form = typed(SecretForm)
    with look(caller()) as uow:
        card = _client(uow, ref) if client else _own(uow, ref)
        if not form.validate():
            return _secret_page(card, form, client=client, status=422)
        zone = me().user_zone
    hours = int(form.overlap.data or 0)
    with begin(caller()) as uow:
        if client:
            secret = keys.rotate_client(uow, ref, overlap_hours=hours).secret
            after = keyrings.client(uow, ref)
        else:
            secret = keys.rotate_own_token(uow, ref, overlap_hours=hours).token
            after = keyrings.own_token(uow, ref)
        clock = Clock(zone, uow.now)
    until = clock.moment(after.old_until) if after and after.old_until else ""
    client_id = ref if client else ""
    return _once(card.name, client_id, secret, scopes=card.scopes, old_until=until)


# -------------------------------------------------------------------------------------- ending


@console.get("/connect/tokens/<ref>/end")
def connect_token_end(ref: str) -> Response:
    """What revoking a token does."""
    with look(caller()) as uow:
        return _end_page(uow, _any(uow, ref), client=False)


@console.get("/connect/clients/<ref>/end")
def connect_client_end(ref: str) -> Response:
    """What revoking a client does."""
    with look(caller()) as uow:
        return _end_page(uow, _client(uow, ref), client=True)


def _end_page(uow: UnitOfWork, card: KeyCard, *, client: bool) -> Response:
    clock = Clock(me().user_zone, uow.now)
    return page(
        "connect_end",
        "connect",
        part="console/_connect_end.html",
        card=card,
        client=client,
        seen=ago(card.seen_at, clock.now) if card.seen_at else "",
    )


@console.post("/connect/tokens/<ref>/end")
def connect_end_token(ref: str) -> Response:
    """Revoke a token: one's own, or anybody's for those who manage keys."""
    with begin(caller()) as uow:
        own = keyrings.own_token(uow, ref) is not None
        if own:
            keys.revoke_own_token(uow, ref)
        else:
            _any(uow, ref)
            keys.revoke_token(uow, ref)
    where = "console.connect" if own else "console.connect_everybody"
    return see_other(url_for(where, done="ended"))


@console.post("/connect/clients/<ref>/end")
def connect_end_client(ref: str) -> Response:
    """Revoke a client."""
    with begin(caller()) as uow:
        keys.revoke_client(uow, ref)
    return see_other(url_for("console.connect", done="ended"))


def _own(uow: UnitOfWork, ref: str) -> KeyCard:
    return _found(keyrings.own_token(uow, ref))


def _any(uow: UnitOfWork, ref: str) -> KeyCard:
    """One's own token, or anybody's for those who manage keys; to others it does not exist."""
    own = keyrings.own_token(uow, ref)
    if own is None and uow.caller.may(Permission.KEYS_MANAGE):
        return _found(keyrings.token(uow, ref))
    return _found(own)


def _client(uow: UnitOfWork, ref: str) -> KeyCard:
    return _found(keyrings.client(uow, ref))


def _found(card: KeyCard | None) -> KeyCard:
    if card is None:
        raise NotFound("There is no such key. It may have been removed some time after its end.")
    return card
