"""Filling in the profile editor's form like a browser does: what the page holds is what is sent."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """The successful controls of the form with the id ``editor``."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.found: dict[str, list[str]] = {}
        self.select = self.area = ""
        self.text = ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        said = dict(pairs)
        if tag == "form":
            self.inside = said.get("id") == "editor"
        if not self.inside:
            return
        name = said.get("name") or ""
        if tag == "input" and name:
            ticks = said.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in said:
                self.add(name, said.get("value") or "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in said:
            self.add(self.select, said.get("value") or "")
        elif tag == "textarea":
            self.area, self.text = name, ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.area:
            self.add(self.area, self.text.removeprefix("\r\n").removeprefix("\n"))
            self.area = ""

    def add(self, name: str, value: str) -> None:
        self.found.setdefault(name, []).append(value)


def typed(page: str, **changes: object) -> dict[str, object]:
    """What the editor on ``page`` would send after ``changes``; None takes a field out."""
    reader = _Fields()
    reader.feed(page)
    sent: dict[str, object] = dict(reader.found)
    sent.update(changes)
    return {name: value for name, value in sent.items() if value is not None}
