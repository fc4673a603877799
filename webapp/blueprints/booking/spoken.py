"""The booking templates, compiled once for each language with their fixed words in place.

A page of times says some thirty phrases that never change. In a template of one language they are
part of the text around them, so that a look pays for its times and not for its captions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app
from jinja2 import BaseLoader, Environment

from webapp.domain.speech import Speech

_FIXED = re.compile(r'\{\{ say\("([^"]+)"\) \}\}')
_NAME = "kalends-spoken"

Source = tuple[str, str | None, Callable[[], bool] | None]


class _Said(BaseLoader):
    """Templates of another loader, with what they say without a value said in one language."""

    def __init__(self, loader: BaseLoader, say: Speech) -> None:
        self._loader, self._say = loader, say

    def get_source(self, environment: Environment, template: str) -> Source:
        """The source of ``template``; its lines stay where they were."""
        source, path, is_current = self._loader.get_source(environment, template)
        return _FIXED.sub(self._words, source), path, is_current

    def _words(self, said: re.Match[str]) -> str:
        return f"{{% raw %}}{self._say.html(said[1])}{{% endraw %}}"


def text(name: str, say: Speech, values: Mapping[str, Any]) -> str:
    """The template ``name`` in the language of ``say``; it knows ``values`` and nothing else."""
    template = _environment(say).get_template(name)
    # Shared: else each look copies the application's globals, which are not among the values.
    context = template.new_context(dict(values), shared=True)
    return "".join(template.root_render_func(context))


def _environment(say: Speech) -> Environment:
    known: dict[Speech, Environment] = current_app.extensions.setdefault(_NAME, {})
    found = known.get(say)
    if found is None:
        plain = current_app.jinja_env
        assert plain.loader is not None
        found = known.setdefault(say, plain.overlay(loader=_Said(plain.loader, say)))
    return found
