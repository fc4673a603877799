"""How mails look: each element's declarations once, written into the element and, for dark mode,
into the style sheet.

Many mail programs drop ``<style>``, so the light look stands in the elements themselves; those
that know dark mode read the sheet. Templates name looks and never write a style.
"""

from __future__ import annotations

from markupsafe import Markup

from webapp.domain.colour import Brand

_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif"

# name: (declarations in light mode, what changes in dark mode)
_LOOKS: dict[str, tuple[str, str]] = {
    "page": (
        f"margin:0;padding:0;background-color:#F6F7F9;color:#16191F;{_FONT};font-size:16px;"
        "line-height:24px;-webkit-text-size-adjust:100%",
        "background-color:#111419;color:#E9ECF1",
    ),
    "frame": ("width:100%;border-collapse:collapse", ""),
    "around": ("padding:24px 12px", ""),
    "sheet": (
        "width:100%;max-width:600px;border-collapse:separate;border-spacing:0;"
        "background-color:#FFFFFF;border:1px solid #D5DAE1;border-radius:10px",
        "background-color:#181C23;border-color:#2E3541",
    ),
    "edge": ("height:6px;line-height:6px;font-size:6px;border-radius:10px 10px 0 0", ""),
    "inside": ("padding:24px 28px 28px", ""),
    "from": ("margin:0;color:#545C69;font-size:14px;line-height:20px", "color:#A7B0BD"),
    "title": ("margin:4px 0 0;font-size:24px;line-height:30px;font-weight:600", "color:#E9ECF1"),
    "lead": ("margin:8px 0 0", ""),
    "when": (
        "width:100%;margin:20px 0 0;border-collapse:separate;border-spacing:0;"
        "background-color:#F6F7F9;border-radius:6px",
        "background-color:#111419",
    ),
    "when-cell": ("padding:16px 18px", ""),
    "day": ("margin:0;font-size:18px;line-height:26px;font-weight:600", "color:#E9ECF1"),
    "clock": (
        "margin:2px 0 0;font-size:28px;line-height:34px;font-weight:600;"
        "font-variant-numeric:tabular-nums",
        "color:#E9ECF1",
    ),
    "zone": ("margin:4px 0 0;color:#545C69;font-size:14px;line-height:20px", "color:#A7B0BD"),
    "old": (
        "margin:0 0 8px;color:#545C69;font-size:14px;line-height:20px;text-decoration:line-through",
        "color:#A7B0BD",
    ),
    "off": ("text-decoration:line-through;color:#545C69", "color:#A7B0BD"),
    "facts": ("width:100%;margin:20px 0 0;border-collapse:collapse", ""),
    "label": (
        "width:110px;color:#545C69;font-size:14px;line-height:24px;vertical-align:top;"
        "font-weight:400",
        "color:#A7B0BD",
    ),
    "fact": ("padding:6px 0;vertical-align:top;overflow-wrap:anywhere", ""),
    "text": ("white-space:pre-line", ""),
    "actions": ("margin:24px 0 0", ""),
    "small": ("margin:16px 0 0;color:#545C69;font-size:14px;line-height:20px", "color:#A7B0BD"),
    "foot": (
        "max-width:600px;margin:16px auto 0;color:#545C69;font-size:13px;line-height:20px;"
        "text-align:center",
        "color:#A7B0BD",
    ),
    "preview": ("display:none;max-height:0;overflow:hidden", ""),
    "good": ("background-color:#14693A", "background-color:#7BD8A0"),
    "open": ("background-color:#0B5A82", "background-color:#86CBF0"),
    "warn": ("background-color:#7A4B00", "background-color:#F3C26B"),
    "bad": ("background-color:#B3261E", "background-color:#FF9C93"),
}


class Look:
    """The looks with an organization's colours laid over them, for one writing direction."""

    def __init__(self, brand: Brand, direction: str = "ltr") -> None:
        # Many mail programs know no logical properties, so the side is written out.
        start, end = ("right", "left") if direction == "rtl" else ("left", "right")
        label, changed = _LOOKS["label"]
        self._looks = _LOOKS | {
            "label": (f"{label};text-align:{start};padding:6px 0;padding-{end}:16px", changed),
            "button": (
                f"display:inline-block;padding:12px 20px;background-color:{brand.primary};"
                f"color:{brand.on_primary};border:1px solid {brand.primary};border-radius:6px;"
                "font-weight:600;text-decoration:none",
                # An edge that shows on dark paper, whatever the organization's colour is.
                f"border-color:{brand.dark_text}",
            ),
            "link": (f"color:{brand.light_text}", f"color:{brand.dark_text}"),
        }

    def __call__(self, *names: str) -> Markup:
        """The class and style attributes of an element that has these looks."""
        declared = ";".join(self._looks[name][0] for name in names)
        classes = " ".join(f"k-{name}" for name in names)
        # Both are made of this module's text and checked colours only.
        return Markup(f'class="{classes}" style="{declared}"')  # noqa: S704

    def dark(self) -> Markup:
        """The rules for dark mode: ``!important``, since they stand against attributes."""
        rules = []
        for name, (_, changed) in self._looks.items():
            if changed:
                declared = ";".join(f"{part} !important" for part in changed.split(";"))
                rules.append(f".k-{name}{{{declared}}}")
        return Markup("\n".join(rules))  # noqa: S704
