"""The whole console to walk through: a house with one of everything, and each page's address."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from uuid import UUID

import sqlalchemy as sa
from playwright.sync_api import BrowserContext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.browser.live import Live, live_house
from tests.browser.visitor import Visitor
from tests.routes.furnished import Furnished, furnish, hashed
from tests.routes.inventory import named, rules
from tests.world import Clock, at
from webapp.domain.permissions import Caller, Role
from webapp.models import Invitation, OpenIdIdentity, SignInTicket, TicketKind, User
from webapp.services import account, long_work, one_time_codes, password_reset, second_step
from webapp.services.sessions import Proven, open_session
from webapp.services.steps.tickets import hash_of

SYSTEM = Caller(None, Role.SYSTEM)
ISSUER = "https://id.example.org"
NOT_PAGES = {
    "zone_list": "a part of the schedule editor",
    "booking_export": "a download",
    "insights_csv": "a download",
    "export_audit": "a download",
    "work_file": "a download",
}
"""Addresses that answer a GET with something else than a page of their own."""

ASKED = {"chosen_page": "?do=cancel&chosen={booking}", "matching_page": "?do=cancel"}
"""What an address needs to be asked, to be the page that people know."""

FIXED = {"session": "999999", "step": "calendar", "table": "hours"}


@dataclass
class Walked:
    """The furnished house, and its pages by endpoint (without the blueprint's name)."""

    live: Live
    furnished: Furnished
    pages: dict[str, str] = field(default_factory=dict)

    def endpoint(self, url: str) -> str | None:
        """Which page of the console an address is; None for everything else."""
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self.live.url:
            return None
        addresses = self.live.app.url_map.bind("localhost")
        try:
            endpoint, _ = addresses.match(parts.path, method="GET")
        except (HTTPException, RequestRedirect):
            return None
        name = str(endpoint).removeprefix("console.")
        return name if name in self.pages else None


@contextmanager
def walked(migrated: Path, folder: Path) -> Iterator[Walked]:
    """A house with a name (for passkeys), an OpenID provider, and one of everything in it."""
    shutil.copy(migrated, folder / "kalends.sqlite3")
    url = f"sqlite:///{folder / 'kalends.sqlite3'}"
    provider = {
        "openid_issuer": ISSUER,
        "openid_client_id": "kalends",
        "openid_client_secret": "shared",
        "openid_name": "Harbour ID",
    }
    with live_house(url, folder, Clock(), host="localhost", **provider) as live:
        found = furnish(live.world, hashed())
        world = live.world
        world.book(world.profile("ada", "bela", slug="either", name="Either"), at(11), "Hana")
        with world.desk.begin(SYSTEM) as uow:
            ada = uow.session.get_one(User, world.hosts["ada"])
            uow.session.add(
                OpenIdIdentity(
                    user_id=ada.id, issuer=ISSUER, subject="ada", label="ada", created_at=uow.now
                )
            )
        with world.desk.begin(world.owner) as uow:
            one_time_codes.start(uow, world.hosts["ada"])
            long_work.cancel(uow, UUID(found.things["work"]))  # else its page renews itself
        yield Walked(live, found, _pages(live, found.things))


def _pages(live: Live, things: dict[str, str]) -> dict[str, str]:
    pages = {}
    addresses = live.app.url_map.bind("localhost")
    for method, rule in rules(live.app):
        endpoint = rule.endpoint.removeprefix("console.")
        if method == "GET" and endpoint not in NOT_PAGES:
            given = {name: FIXED.get(of) or things[of] for name, of in named(rule).items()}
            pages[endpoint] = addresses.build(rule.endpoint, given)
            pages[endpoint] += ASKED.get(endpoint, "").format(**things)
    return pages


def before_sign_in(house: Walked) -> dict[str, str]:
    """Every page that somebody sees who is not signed in, by what it is."""
    world = house.live.world
    with world.desk.begin(SYSTEM) as uow:
        password_reset.send(uow, house.furnished.people[Role.OWNER])
        uow.session.execute(sa.update(SignInTicket).values(token_hash=hash_of("reset")))
    with world.desk.begin(world.owner) as uow:
        account.ask_for_address(uow, world.hosts["ada"], "ada.berg@example.org")
        fresh = SignInTicket.kind == TicketKind.ADDRESS
        uow.session.execute(sa.update(SignInTicket).where(fresh).values(token_hash=hash_of("new")))
    return {
        "sign-in": "/auth/sign-in",
        "forgotten": "/auth/forgotten",
        "reset": "/auth/reset/reset",
        "new address": "/auth/verify/new",
        "invitation": invited(house.live),
        "back from the provider": "/auth/openid/callback?code=c&state=s",
        "a link that is gone": "/auth/reset/nothing",
    }


def invited(live: Live) -> str:
    """The link of the newest invitation; its token is one that is known here."""
    with live.world.desk.begin(live.world.owner) as uow:
        newest = sa.select(sa.func.max(Invitation.id)).scalar_subquery()
        chosen = sa.update(Invitation).where(Invitation.id == newest)
        uow.session.execute(chosen.values(token_hash=hash_of("invited")))
    return "/auth/invitations/invited"


def enter(house: Live, context: BrowserContext, *, whose: str = "ada") -> None:
    """Somebody is signed in, with both steps done."""
    with house.world.desk.begin(SYSTEM) as uow:
        user = uow.session.get_one(User, house.world.hosts[whose])
        token = open_session(uow, Proven(user.id, user.password_hash, None, both=True))
    context.add_cookies([{"name": "kalends", "value": token, "url": house.url}])


def stand_at_second_step(house: Live, visitor: Visitor) -> None:
    """Ada has given her password and is asked for a code."""
    with house.world.desk.begin(SYSTEM) as uow:
        token = second_step.hold(uow, Proven(house.world.hosts["ada"], None, None))
    visitor.page.context.add_cookies([{"name": "kalends-step", "value": token, "url": house.url}])


@dataclass
class _Form:
    action: str
    values: list[tuple[str, str]] = field(default_factory=list)
    boxes: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Leads(HTMLParser):
    """Where the links and the forms of a page lead that ask without changing anything."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.leads: list[str] = []
        self.form: _Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given and "download" not in given:
            self.leads.append(urljoin(self.url, given["href"].split("#")[0]))
        elif tag == "form" and given.get("method", "get") == "get":
            self.form = _Form(urljoin(self.url, given.get("action", "")))
        elif self.form and tag == "input" and given.get("name"):
            self._fill(self.form, given)
        elif self.form and tag == "button":
            self.form.buttons.append((given.get("name", ""), given.get("value", "")))

    def _fill(self, form: _Form, given: dict[str, str]) -> None:
        name = given["name"]
        if given.get("type") != "checkbox":
            form.values.append((name, given.get("value", "")))
        elif name not in form.boxes:  # one of them is ticked
            form.boxes.add(name)
            form.values.append((name, given.get("value", "on")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form:
            for name, value in self.form.buttons or [("", "")]:
                asked = [*self.form.values, *([(name, value)] if name else [])]
                self.leads.append(f"{self.form.action}?{urlencode(asked)}")
            self.form = None


def leads_of(url: str, html: str) -> list[str]:
    """Every address that a page leads to by a link or a form that asks."""
    reader = _Leads(url)
    reader.feed(html)
    return reader.leads


MOST_OF_A_KIND = 3
"""How many addresses of one page, asked for the same things, are opened to look for links."""


def way_to(
    house: Walked, context: BrowserContext, wanted: Collection[str]
) -> dict[str, tuple[str, str]]:
    """To each of the ``wanted`` pages that home leads to: the address before it, and its own.

    Pages that nobody has seen yet are opened first, so that it is over soon.
    """
    home = house.live.url + house.pages["home"]
    ways = {"home": ("", home)}
    asked: dict[tuple[str, frozenset[str]], int] = {}
    waiting = deque([home])
    while waiting and not ways.keys() >= set(wanted):
        here = waiting.popleft()
        answer = context.request.get(here)
        for lead in leads_of(here, answer.text()):
            endpoint = house.endpoint(lead)
            if endpoint is None:
                continue
            kind = (endpoint, frozenset(name for name, _ in parse_qsl(urlsplit(lead).query)))
            if asked.setdefault(kind, 0) < MOST_OF_A_KIND and lead not in waiting:
                asked[kind] += 1
                (waiting.append if endpoint in ways else waiting.appendleft)(lead)
            ways.setdefault(endpoint, (here, lead))
    return ways
