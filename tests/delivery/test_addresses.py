"""Targets that Kalends never asks, refused before anything is connected to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.delivery.names import PUBLIC, Names, refused
from webapp.delivery.addresses import is_public, read_url, unwrapped
from webapp.delivery.egress import Egress, EgressFailed

# ------------------------------------------------------------- addresses that are never asked

INNER_V4 = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254
    169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
    192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250
    240.0.0.1 255.255.255.255 168.63.129.16
"""
INNER_V6 = """
    :: ::1 ::127.0.0.1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1
    64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a00:1 64:ff9b:1::808:808 100::1
    2001::1 2001:0:7f00:1::1 2001:db8::1 2001:10::1 2001:20::1 2002:7f00:1:: 2002:a00:1::1
    2002:a9fe:a9fe::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456:789a::1 fe80::1 fec0::1
    ff02::1 ff0e::1 4000::1 2001:4860::5efe:a00:1 2001:4860::200:5efe:7f00:1
"""
INNER = [*INNER_V4.split(), *INNER_V6.split()]

ODD_URLS = [
    "",
    " ",
    "calendar.example.org/a.ics",
    "//calendar.example.org/a.ics",
    "ftp://calendar.example.org/a.ics",
    "file:///etc/passwd",
    "gopher://calendar.example.org:70/_x",
    "javascript:alert(1)",
    "data:text/calendar,BEGIN:VCALENDAR",
    "http://calendar.example.org/a.ics",
    "HTTP://calendar.example.org/a.ics",
    "https://calendar.example.org:8443/a.ics",
    "https://calendar.example.org:22/a.ics",
    "https://calendar.example.org:0/a.ics",
    "https://calendar.example.org:/a.ics",
    "https://calendar.example.org:99999/a.ics",
    "https://calendar.example.org:-1/a.ics",
    "https://calendar.example.org:443x/a.ics",
    "https://user@calendar.example.org/a.ics",
    "https://user:secret@calendar.example.org/a.ics",
    "https://@calendar.example.org/",
    "https://calendar.example.org\\@127.0.0.1/",
    "https://127.0.0.1\\.calendar.example.org/",
    "https://calendar.example.org./a.ics",
    "https://127.0.0.1./",
    "https://calendar.example.org。/a.ics",
    "https://.calendar.example.org/",
    "https://calendar..example.org/",
    "https://-calendar.example.org/",
    "https://" + "a" * 64 + ".example.org/",
    "https://" + "a." * 130 + "org/",
    "https:///a.ics",
    "https://",
    "https:calendar.example.org",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0x/",
    "https://127.0.0.01/",
    "https://127.0.0.256/",
    "https://1.2.3.4.5/",
    "https://example.0x7f/",
    "https://example.127/",
    "https://127%2e0%2e0%2e1/",
    "https://%31%32%37.0.0.1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://[::1/",
    "https://[::1]x/",
    "https://[127.0.0.1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[v1.fe80::1]/",
    "https://[::ffff:0x7f.1]/",
    "https://calendar.example.org\t/a.ics",
    "https://calendar.example.org/a b.ics",
    "https://calendar.example.org/a\r\nHost: x",
    "https://calendar.example.org/\0",
    "https://calendar\u200b.example.org/",
    "https://cal\u202eendar.example.org/",
    "https://xn--a/",
    "https://calendar.example.org/" + "a" * 3000,
    "webcal://127.0.0.1/",
    "webcal://user@calendar.example.org/",
    "webcal://calendar.example.org:8080/",
]


def test_the_list_of_targets_is_long_enough():
    assert len(INNER) + len(ODD_URLS) + len(INNER) >= 80


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_refused_without_a_connection(address, connections):
    host = f"[{address}]" if ":" in address else address
    refusal = refused(f"https://{host}/a.ics", Egress(resolver=Names()))
    assert refusal.code == "forbidden_address"
    assert connections == []


@pytest.mark.parametrize("address", INNER)
def test_a_name_with_one_inner_address_among_its_answers_is_refused(address, connections):
    names = Names(calendar_example_org=f"{PUBLIC} {address}")
    refusal = refused("https://calendar.example.org/a.ics", Egress(resolver=names))
    assert refusal.code == "forbidden_address"
    assert connections == []
    assert names.asked == ["calendar.example.org"]


@pytest.mark.parametrize("url", ODD_URLS)
def test_an_odd_url_is_refused_without_a_connection(url, connections):
    # The name itself is harmless: only the form of the URL can be the reason.
    names = Names(calendar_example_org=PUBLIC)
    refusal = refused(url, Egress(resolver=names))
    assert refusal.code in ("bad_url", "forbidden_address")
    assert connections == []
    assert refusal.message.endswith(".")


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1", "64:ff9b::808:808"],
)
def test_a_public_address_is_asked_on_the_usual_port_of_https(address, connections):
    with pytest.raises(EgressFailed) as failed:
        Egress(resolver=Names(calendar_example_org=address)).fetch("webcal://calendar.example.org/")
    assert failed.value.code == "unreachable"
    assert connections == [(address, 443)]


def test_what_is_packed_into_an_address_is_unpacked():
    packed = {
        "::ffff:10.1.2.3": "10.1.2.3",
        "::10.1.2.3": "10.1.2.3",
        "64:ff9b::10.1.2.3": "10.1.2.3",
        "2002:a01:203::": "10.1.2.3",
        "2001:0:a01:203::": "10.1.2.3",
        "2001:0:808:808:0:0:f5fe:fdfc": "10.1.2.3",
    }
    for outer, inner in packed.items():
        assert ip_address(inner) in unwrapped(ip_address(outer)), outer
        assert not is_public(ip_address(outer)), outer


def test_hosts_are_named_in_one_form():
    assert read_url("https://BÜCHER.example.org/ä?q=1#part").host == "xn--bcher-kva.example.org"
    assert read_url("https://calendar.example.org#@127.0.0.1/").host == "calendar.example.org"
    assert read_url("HTTPS://Calendar.Example.ORG").url == "https://calendar.example.org/"
    assert read_url("webcal://calendar.example.org/a.ics?k=1").url == (
        "https://calendar.example.org/a.ics?k=1"
    )
    assert read_url(" https://[2606:4700::0:1111]:443/ ").url == "https://[2606:4700::1111]/"


def test_kalends_own_addresses_are_refused_even_in_an_allowed_network(connections):
    egress = Egress(
        allow_networks=["127.0.0.0/8", "::1/128"],
        own_addresses=[PUBLIC, "127.0.0.1:8000", "[::1]:8000", "book.example.org"],
        resolver=Names(a_example_org=PUBLIC, book_example_org="9.9.9.9"),
    )
    for url in (
        "https://a.example.org/",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/",
        "http://[::ffff:127.0.0.1]:8000/",
        "https://book.example.org/",
    ):
        assert refused(url, egress).code == "forbidden_address"
    assert connections == []
