"""Pictures of every designed state, for people to look at: ``python -m bench.screenshots FOLDER``.

Each state of the public pages and of the console is shown at 1280 and 360 px, light and dark.
``--pictures`` also makes the pictures of the README, from the demo organization.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.live import Live, live_house
from tests.browser.private import PRIVATE_STATES
from tests.browser.states import STATES, State
from tests.browser.visitor import Visitor, visitor
from tests.rig.chromium import launched
from tests.world import Clock
from webapp import migrations
from webapp.demo import organization

SIZES = {"1280": {"width": 1280, "height": 900}, "360": {"width": 360, "height": 740}}
SCHEMES = ("light", "dark")
PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
LARGEST_PICTURE = 150_000


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


def _book(somebody: Visitor) -> None:
    """Take the first time on offer, as somebody who looks at the README would."""
    somebody.press(somebody.page.locator(".soon .time").first, lands="#details")
    somebody.fill("name", "Grace Moreau")
    somebody.fill("email", "grace@example.org")
    somebody.press("#confirm", lands="#receipt")


def take_pictures(template: Path, browser: Browser, folder: Path) -> list[Path]:
    """Desktop and phone of "choose a time", and the receipt, at the demo clinic."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with fresh(template, demo=True) as live:
        organization.ensure(live.app)
        views = (("choose", SIZES["1280"]), ("choose-phone", {"width": 390, "height": 844}))
        for name, size in views:
            somebody = visitor(live, browser.new_context, viewport=size)
            somebody.open("/harbour-clinic/intro-call")
            made.append(folder / f"{name}.png")
            somebody.page.screenshot(path=made[-1])
        _book(somebody)
        somebody.look(size=SIZES["1280"])
        made.append(folder / "receipt.png")
        somebody.page.screenshot(path=made[-1])
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
        wanted = [each for each in (*STATES, *PRIVATE_STATES) if asked.only in each.name]
        for state in wanted:
            take(state, template, browser, asked.folder)
        print(f"{len(wanted) * len(SIZES) * len(SCHEMES)} pictures in {asked.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
