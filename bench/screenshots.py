"""Pictures of every designed state, for people to look at: ``python -m bench.screenshots FOLDER``.

Each state of the public pages and of the console is shown at 1280 and 360 px, light and dark.
``--pictures`` also makes the pictures of the README, from the demo organization.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser

from tests.browser.live import Live, live_house
from tests.browser.private_bookings import worker_lives
from tests.browser.states import STATES, State
from tests.browser.states_private import EVERY_PRIVATE_STATE
from tests.browser.visitor import Visitor, visitor
from tests.rig.chromium import launched
from tests.world import Clock
from webapp import migrations
from webapp.demo import organization
from webapp.demo import people as staff
from webapp.domain.permissions import Caller, Role
from webapp.models import User
from webapp.services import sessions
from webapp.services.sessions import Proven

SIZES = {"1280": {"width": 1280, "height": 900}, "360": {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")
PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
LARGEST_PICTURE = 150_000
CONSOLE_PICTURES = (
    ("home", "/console/?who=all"),
    ("editor", "/console/profiles"),
    ("availability", "/console/availability"),
    ("insights", "/console/insights"),
)


@contextmanager
def fresh(template: Path, *, demo: bool = False) -> Iterator[Live]:
    """The product with a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kalends.sqlite3"
        shutil.copy(template, path)
        with live_house(f"sqlite:///{path}", Path(folder), Clock(), demo=demo) as live:
            yield live


def take(state: State, template: Path, browser: Browser, folder: Path) -> None:
    """The four pictures of a state."""
    with fresh(template) as live:
        somebody = visitor(live, browser.new_context)
        state.reach(live, somebody)
        somebody.settle()
        for width, size in SIZES.items():
            for scheme in SCHEMES:
                somebody.look(scheme=scheme, size=size)
                name = f"{state.name}-{width}-{scheme}.png"
                somebody.page.screenshot(path=folder / name, full_page=True)
        somebody.page.context.close()


def _frame(receipt: bytes, phone: bytes) -> str:
    """A page that shows a receipt and a phone side by side."""
    shown = [base64.b64encode(each).decode() for each in (receipt, phone)]
    return (
        "<style>body { margin: 0; padding: 32px; display: flex; gap: 32px; background: #dfe5ea; "
        "justify-content: center } img { border-radius: 14px; box-shadow: 0 8px 28px #0003; "
        "height: 720px }</style>"
        + "".join(f'<img src="data:image/png;base64,{each}" alt="">' for each in shown)
    )


def take_pictures(template: Path, browser: Browser, folder: Path) -> list[Path]:
    """Choosing a time, and a receipt beside a phone, at the demo clinic."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / "choose.png", folder / "receipt.png"]
    with fresh(template, demo=True) as live:
        organization.ensure(live.app)
        somebody = visitor(live, browser.new_context, viewport={"width": 1280, "height": 840})
        somebody.open("/harbour-clinic/intro-call")
        somebody.page.screenshot(path=made[0])
        somebody.press(somebody.page.locator(".soon .time").first, lands="#details")
        somebody.fill("name", "Grace Moreau")
        somebody.fill("email", "grace@example.org")
        somebody.press("#confirm", lands="#receipt")
        somebody.look(size={"width": 768, "height": 800})
        receipt = somebody.page.screenshot()
        holder = visitor(live, browser.new_context, viewport={"width": 390, "height": 800})
        holder.open("/harbour-clinic/intro-call")
        phone = holder.page.screenshot()
        made += _of_the_console(live, visitor(live, browser.new_context), folder)
    page = browser.new_page(viewport={"width": 1172, "height": 784})
    page.set_content(_frame(receipt, phone))
    page.screenshot(path=made[1])
    return made


def _of_the_console(live: Live, owner: Visitor, folder: Path) -> list[Path]:
    """What the clinic's owner sees: the day, a profile beside its page, hours, insights."""
    worker_lives(live)
    with live.world.desk.begin(Caller(None, Role.SYSTEM)) as uow:
        nora = uow.session.scalars(sa.select(User).where(User.email == staff.OWNER.email)).one()
        token = sessions.open_session(uow, Proven(nora.id, nora.password_hash, None))
    owner.page.context.add_cookies([{"name": "kalends", "value": token, "url": live.url}])
    owner.look(size={"width": 1280, "height": 840})
    made = []
    for name, path in CONSOLE_PICTURES:
        owner.open(path)
        if name == "editor":
            owner.page.locator(".pf-actions a, main a.btn").get_by_text("Edit").first.click()
            owner.page.frame_locator("iframe").locator("#times").wait_for()
        owner.settle()
        made.append(folder / f"{name}.png")
        owner.page.screenshot(path=made[-1])
    return made


def main() -> int:
    """Make them, and say what is too large for a README."""
    parser = argparse.ArgumentParser(prog="python -m bench.screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", default="screenshots", type=Path)
    parser.add_argument("--only", default="", help="states whose name contains this")
    parser.add_argument("--pictures", action="store_true", help="those of the README alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        template = Path(folder) / "template.sqlite3"
        migrations.migrate(f"sqlite:///{template}")
        if asked.pictures:
            made = take_pictures(template, browser, PICTURES)
            large = [path for path in made if path.stat().st_size > LARGEST_PICTURE]
            print(*(f"{path.name}: {path.stat().st_size} bytes" for path in made), sep="\n")
            return 1 if large else 0
        asked.folder.mkdir(parents=True, exist_ok=True)
        wanted = [each for each in (*STATES, *EVERY_PRIVATE_STATE) if asked.only in each.name]
        for state in wanted:
            take(state, template, browser, asked.folder)
        print(f"{len(wanted) * len(SIZES) * len(SCHEMES)} pictures in {asked.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
