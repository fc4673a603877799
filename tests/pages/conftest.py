"""The fixtures of the browser tests serve the tests of pages too."""

from tests.browser.conftest import comes, live, opened

__all__ = ["comes", "live", "opened"]
