"""Rendering a screen: the whole page, or only the part htmx asked for."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request


def wants_part() -> bool:
    """Whether htmx asked for a part: not for a boosted link, nor for a page out of history."""
    headers = request.environ  # as WSGI names them: every page asks, and this asks ten times faster
    return (
        headers.get("HTTP_HX_REQUEST") == "true"
        and headers.get("HTTP_HX_HISTORY_RESTORE_REQUEST") != "true"
        and headers.get("HTTP_HX_BOOSTED") != "true"
    )


def show(page: str, part: str | None = None, status: int = 200, **context: Any) -> Response:
    """``part`` alone for an htmx request, else ``page``, which includes that same part."""
    alone = part is not None and wants_part()
    template = part if alone and part is not None else page
    response = make_response(render_template(template, part=part, **context), status)
    response.vary.add("HX-Request")
    return response


def see_other(url: str) -> Response:
    """303: after a POST, go and look there. htmx follows it like a browser does."""
    response = redirect(url, 303)
    assert isinstance(response, Response)
    return response
