"""The rig as pytest fixtures; a conftest takes them in with ``pytest_plugins``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.rig import chromium, shared_postgres
from tests.rig.postgres import PostgresServer
from tests.rig.smtp import MailServer, mail_server
from tests.rig.webfiles import WebFiles, web_files


def pytest_configure(config: pytest.Config) -> None:
    """Let the run keep one PostgreSQL; the workers of pytest-xdist find it by the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    keeper = shared_postgres.Keeper()
    config.add_cleanup(keeper.stop)
    os.environ[shared_postgres.VARIABLE] = keeper.address


@pytest.fixture(scope="session")
def postgres_server() -> PostgresServer:
    """The PostgreSQL of this test run, shared by all its processes."""
    return shared_postgres.shared_server()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    """A headless Chromium, shared by the browser tests of one process."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture
def new_context(chromium_browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make browser contexts (no cookie in common); takes Playwright's options, closes them all."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(chromium_browser.new_context(**options))
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def mail_peer() -> Iterator[MailServer]:
    """A mail server that takes everything and can be told to misbehave."""
    with mail_server() as server:
        yield server


@pytest.fixture
def web_peer() -> Iterator[WebFiles]:
    """A web server on loopback that serves what a test puts there, well or badly."""
    with web_files() as files:
        yield files
