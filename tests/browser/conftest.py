"""The running product and people at browsers, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.live import Live, live_house
from tests.browser.visitor import Visitor, visitor
from tests.world import Clock

MakeVisitor = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def live(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Live]:
    """The product on HTTP, with the small world in its database."""
    with live_house(sqlite_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
def comes(live: Live, new_context: Callable[..., BrowserContext]) -> MakeVisitor:
    """Let somebody come: ``comes(script=False, timezone_id=...)``."""
    return lambda **options: visitor(live, new_context, **options)
