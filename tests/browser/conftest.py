"""The running product and people at browsers, for the tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.live import Live, live_house
from tests.browser.visitor import Visitor, visitor
from tests.browser.walking import Walked, walked
from tests.world import Clock

MakeLive = Callable[[], Live]
MakeVisitor = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def opened(migrated_sqlite: Path, tmp_path: Path) -> Iterator[MakeLive]:
    """Open another house: each has its database, clock and address of its own."""
    with ExitStack() as houses:

        def open_house() -> Live:
            folder = tmp_path / f"house-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            shutil.copy(migrated_sqlite, folder / "kalends.sqlite3")
            url = f"sqlite:///{folder / 'kalends.sqlite3'}"
            return houses.enter_context(live_house(url, folder, Clock()))

        yield open_house


@pytest.fixture
def live(opened: MakeLive) -> Live:
    """The product on HTTP, with the small world in its database."""
    return opened()


@pytest.fixture
def house(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Walked]:
    """The product with one of everything, through which one walks from page to page."""
    with walked(migrated_sqlite, tmp_path) as found:
        yield found


@pytest.fixture
def comes(new_context: Callable[..., BrowserContext]) -> MakeVisitor:
    """Let somebody come: ``comes(live, script=False, timezone_id=...)``."""
    return lambda live, **options: visitor(live, new_context, **options)
