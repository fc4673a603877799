"""A person at a browser, watched: what they did, what they were told, what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
)

from tests.browser.live import Live

HERE = Path(__file__).parent
AXE = HERE / "vendor" / "axe-core-4.14.1" / "axe.min.js"
WITNESS = HERE / "witness.js"
RULES = (
    *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"),
    "best-practice",
)
Scheme = Literal["light", "dark"]
NARROW: ViewportSize = {"width": 320, "height": 640}
WIDE: ViewportSize = {"width": 1280, "height": 900}

COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that another colour scheme can break."""

_ASK_AXE = """async ([type, values]) => {
  const found = await axe.run(document, {
    runOnly: { type, values }, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
_SMALL = """(least) => {
  const alone = (link) => link.parentElement.textContent.trim() === link.textContent.trim();
  const box = (here) => {
    const covers = getComputedStyle(here, "::after").position === "absolute";
    const label = here.type === "checkbox" ? here.labels : [];
    const boxes = [covers ? here.offsetParent : here, ...label]
      .map((each) => each.getBoundingClientRect());
    return {
      width: Math.max(...boxes.map((b) => b.right)) - Math.min(...boxes.map((b) => b.left)),
      height: Math.max(...boxes.map((b) => b.bottom)) - Math.min(...boxes.map((b) => b.top)),
    };
  };
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((here) => here.checkVisibility({ visibilityProperty: true }) && here.type !== "hidden"
      && !here.matches(".vh, .skip")
      && (getComputedStyle(here).display !== "inline" || alone(here)))
    .map((here) => [here, box(here)])
    .filter(([, size]) => size.width < least - 0.5 || size.height < least - 0.5)
    .map(([here, size]) => `${here.tagName}#${here.id} "${here.textContent.trim().slice(0, 30)}"`
      + ` is ${Math.round(size.width)} x ${Math.round(size.height)}`);
}"""
_EXPECTED = (
    "Failed to load resource",
    "Blocked script execution in 'about:",  # the witness, kept out of a sandboxed preview
)
_LEFT = "net::ERR_ABORTED"
"""A page that is left stops what it was still asking for (suggestions while somebody types)."""
_HOW_WIDE = "() => document.documentElement.scrollWidth"


@dataclass
class Visitor:
    """One page of one browser. ``seen`` holds (kind, what) as the witness told them."""

    page: Page
    live: Live
    script: bool = True
    seen: list[tuple[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    activations: int = 0
    fields: set[str] = field(default_factory=set)

    def open(self, path: str) -> None:
        """Follow a direct link to ``path``."""
        self.page.goto(self.live.url + path)

    @property
    def path(self) -> str:
        """Where the browser says it is."""
        return urlsplit(self.page.url).path

    @property
    def status(self) -> int:
        """The status of the last page or part that was asked for."""
        return self.statuses[-1]

    def told(self, kind: str) -> list[Any]:
        """Everything of one kind that the witness told."""
        return [what for each, what in self.seen if each == kind]

    def time(self, value: str) -> Locator:
        """The first button of the instant ``value``."""
        return self.page.locator(f'button[name=start][value="{value}"]').first

    def press(self, target: str | Locator, *, lands: str) -> None:
        """Activate a link or button, and wait until the part ``lands`` (a selector) is there."""
        self.activations += 1
        found = self.page.locator(target) if isinstance(target, str) else target
        with self._arrival(lands):
            found.click()

    def key(self, name: str, *, lands: str) -> None:
        """Press a key that brings the part ``lands``."""
        with self._arrival(lands):
            self.page.keyboard.press(name)

    @contextmanager
    def _arrival(self, lands: str) -> Iterator[None]:
        with self.page.expect_response(lambda answer: _is_answer(answer, self.live)):
            yield
        self.page.wait_for_selector(lands)
        if self.script:
            self.settle()

    def settle(self) -> None:
        """Wait until htmx has nothing left to do."""
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def swapped(self, count: int) -> None:
        """Wait until this document has seen ``count`` swaps, and what they say was said."""
        self.page.wait_for_selector(f'html[data-swaps="{count}"]')

    def fill(self, name: str, text: str) -> None:
        """Type into the field ``name``."""
        self.fields.add(name)
        self.page.locator(f"[name={name}]").fill(text)

    def axe(self, *, colours: bool = False) -> list[str]:
        """What axe finds wrong with the page as it is now, or with its colours alone."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        asked = ["rule", list(COLOURS)] if colours else ["tag", list(RULES)]
        return list(self.page.evaluate(_ASK_AXE, asked))

    def look(self, *, scheme: Scheme = "light", size: ViewportSize | None = None) -> None:
        """See the page in another colour scheme or size, without motion."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.page.set_viewport_size(size or WIDE)

    def small_targets(self, least: int) -> list[str]:
        """What is narrower or lower than ``least`` CSS pixels; links in running text may be."""
        return list(self.page.evaluate(_SMALL, least))

    def overflow(self) -> int:
        """By how many CSS pixels the page is wider than the window."""
        width = (self.page.viewport_size or WIDE)["width"]
        return int(self.page.evaluate(_HOW_WIDE)) - width


def _is_answer(answer: Response, live: Live) -> bool:
    """Whether it is a page or a part of ours, and not on its way elsewhere."""
    if not answer.url.startswith(live.url) or 300 <= answer.status < 400:
        return False
    path = urlsplit(answer.url).path
    return answer.request.resource_type in ("document", "xhr") and not path.startswith(
        ("/static/", "/o/")
    )


def visitor(
    live: Live,
    new_context: Callable[..., BrowserContext],
    *,
    script: bool = True,
    **options: object,
) -> Visitor:
    """Somebody in Berlin at a browser of their own; Playwright's ``options`` say otherwise."""
    chosen: dict[str, object] = {
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
        "viewport": WIDE,
        "reduced_motion": "reduce",
        "java_script_enabled": script,
    } | options
    context = new_context(**chosen)
    context.set_default_timeout(10_000)
    page = context.new_page()
    made = Visitor(page, live, script)
    if script:
        page.expose_binding(
            "kalendsSaw", lambda _, told: made.seen.append((told["kind"], told["what"]))
        )
        page.add_init_script(path=WITNESS)

    def note_console(message: ConsoleMessage) -> None:
        # Chromium also reports every status of 400 and more; the states name theirs.
        if message.type in ("error", "warning") and not message.text.startswith(_EXPECTED):
            made.faults.append(f"{message.type}: {message.text}")

    def note_answer(answer: Response) -> None:
        if _is_answer(answer, live):
            made.statuses.append(answer.status)
        elif answer.status >= 400:
            made.faults.append(f"{answer.status} {answer.url}")

    def note_failure(asked: Request) -> None:
        if asked.failure != _LEFT:
            made.faults.append(f"{asked.failure}: {asked.url}")

    page.on("console", note_console)
    page.on("pageerror", lambda error: made.faults.append(f"error: {error}"))
    page.on("response", note_answer)
    page.on("requestfailed", note_failure)
    return made
