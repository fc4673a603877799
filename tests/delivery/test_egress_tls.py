"""TLS of outgoing requests: the name decides, although the connection goes to an address."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.names import LOOPBACK, Names
from tests.rig.certificate import write_certificate
from webapp.delivery.egress import Egress, EgressFailed, EgressRefused

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
DOWN = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_server(certificate) -> Iterator[tuple[int, list[str | None]]]:
    """An https server with a certificate for localhost; also the names that clients asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    listening = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                taken, _ = listening.accept()
                with context.wrap_socket(taken, server_side=True) as secure:
                    down = b"GET /down" in secure.recv(65536)
                    secure.sendall(DOWN if down else FINE)
            except OSError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1], asked
    stopped.set()
    with socket.create_connection(listening.getsockname(), 5):
        pass
    thread.join(10)
    listening.close()


def test_the_certificate_is_checked_against_the_name_not_the_address(tls_server, certificate):
    port, asked = tls_server
    names = Names(localhost="127.0.0.1", calendar_example_org="127.0.0.1")
    egress = Egress(LOOPBACK, resolver=names, ca_file=str(certificate[0]))
    assert egress.fetch(f"https://localhost:{port}/").body == b"ok"
    assert asked == ["localhost"]
    with pytest.raises(EgressFailed) as failed:
        egress.fetch(f"https://calendar.example.org:{port}/")
    assert failed.value.code == "insecure"
    assert asked[-1] == "calendar.example.org"


def test_an_unknown_authority_is_not_trusted(tls_server):
    port, _ = tls_server
    with pytest.raises(EgressFailed) as failed:
        Egress(LOOPBACK, resolver=Names(localhost="127.0.0.1")).fetch(f"https://localhost:{port}/")
    assert failed.value.code == "insecure"


def test_a_redirect_never_leads_out_of_encryption(tls_server, certificate):
    port, _ = tls_server
    egress = Egress(LOOPBACK, resolver=Names(localhost="127.0.0.1"), ca_file=str(certificate[0]))
    with pytest.raises(EgressRefused) as refused:
        egress.fetch(f"https://localhost:{port}/down")
    assert refused.value.code == "bad_redirect"
