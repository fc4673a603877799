"""What the tests of outgoing requests watch: whether anything was connected to at all."""

from __future__ import annotations

import socket
from typing import Any

import pytest


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every attempt to connect, wherever to; none of them succeeds."""
    attempts: list[Any] = []

    def connect(_: socket.socket, address: Any) -> None:
        attempts.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return attempts
