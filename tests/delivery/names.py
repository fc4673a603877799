"""A name server for the tests of outgoing requests, and what is refused by what it says."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from webapp.delivery.egress import Egress, EgressRefused

LOOPBACK = ("127.0.0.1/32",)
PUBLIC = "93.184.215.14"


class Names:
    """A name server of the test: every name has the addresses it was given; asked is counted."""

    def __init__(self, **answers: str) -> None:
        self.answers = {name.replace("_", "."): value.split() for name, value in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, type: int = 0) -> list[Any]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, type, 6, "", (each, port))
            for each in self.answers[host]
        ]


def refused(url: str, egress: Egress) -> EgressRefused:
    """What is told when ``url`` is asked for in vain."""
    with pytest.raises(EgressRefused) as caught:
        egress.fetch(url)
    return caught.value
