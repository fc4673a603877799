"""Where Kalends may send a request: which URLs, and which IP addresses behind a name.

Python's own flags for addresses are not enough (multicast, NAT64, 6to4 and site-local ones count
as global there), so the special-purpose networks are listed. Source: IANA IPv4 and IPv6
Special-Purpose Address Registries; reliability rules of this house, outbound requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

import idna

from webapp.domain.errors import Invalid, Refusal

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2048
SCHEMES = {"https": "https", "http": "http", "webcal": "https", "webcals": "https"}
PORTS = {"https": 443, "http": 80}

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_IPV4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})")

_CLOSED_V4 = [
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # the inner server of a large cloud, though the range is public
    )
]
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = [
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")
]
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")


class EgressRefused(Invalid):
    """Kalends does not send this request; nothing was connected to. ``code`` says why:

    ``bad_url``, ``forbidden_address`` or ``bad_redirect``.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence, field="url")
        self.code = code


class EgressFailed(Refusal):
    """The other side could not be read. ``code`` says why; nothing it sent is repeated:

    ``unreachable``, ``insecure``, ``timeout``, ``too_large`` or ``bad_answer``.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence, field="url")
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: the host in ASCII (no brackets), the path with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to."""
        return self.scheme, self.host, self.port

    @property
    def literal(self) -> Address | None:
        """The host when it is an address instead of a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def url(self) -> str:
        """The URL in its one normal form."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def read_url(text: str) -> Target:
    """The target of an address as people paste it; webcal means https. Raises EgressRefused."""
    text = text.strip(" ")
    if not text or len(text) > LONGEST_URL:
        raise EgressRefused("bad_url", "The address is empty or too long.")
    if any(c <= " " or c == "\x7f" or c == "\\" or not c.isprintable() for c in text):
        raise EgressRefused("bad_url", "The address holds characters that no address has.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise EgressRefused("bad_url", "That is not a web address.") from None
    scheme = SCHEMES.get(parts.scheme.lower())
    if scheme is None:
        raise EgressRefused("bad_url", "The address has to start with https:// or webcal://.")
    if "@" in parts.netloc:
        raise EgressRefused("bad_url", "The address must not hold a user name or password.")
    if port == 0 or parts.netloc.endswith(":"):
        raise EgressRefused("bad_url", "The address names no port after the colon.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, _host(parts), port or PORTS[scheme], path)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.startswith("["):
        try:
            if "%" in host or not isinstance(found := ip_address(host), IPv6Address):
                raise ValueError(host)
        except ValueError:
            raise EgressRefused("bad_url", "That is not an IPv6 address.") from None
        return str(found)
    if not host.isascii() or "xn--" in host:
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise EgressRefused("bad_url", "That is not the name of a host.") from None
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise EgressRefused("bad_url", "That is not the name of a host.")
    if _NUMBER_LABEL.fullmatch(labels[-1]):
        # Numbers in odd forms (one integer, octal, hexadecimal, too few) mean addresses to some.
        if not _IPV4.fullmatch(host) or any(int(label) > 255 for label in labels):
            raise EgressRefused("bad_url", "Write an IP address as four plain numbers.")
        return host
    return host


def unwrapped(address: Address) -> list[Address]:
    """The address and every IPv4 address that is packed into it."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    number = int(address)
    low = IPv4Address(number & 0xFFFFFFFF)
    found: list[Address] = [address]
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(low)
    if address in _SIX_TO_FOUR:
        found.append(IPv4Address((number >> 80) & 0xFFFFFFFF))
    if address in _TEREDO:
        found += [IPv4Address((number >> 64) & 0xFFFFFFFF), IPv4Address(int(low) ^ 0xFFFFFFFF)]
    if (number >> 32) & 0xFFFFFFFF in (0x5EFE, 0x02005EFE):
        found.append(low)  # ISATAP
    return found


def is_public(address: Address) -> bool:
    """Whether ``address``, and all that is packed into it, is unicast on the open internet."""
    return all(_is_public(each) for each in unwrapped(address))


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _CLOSED_V4)
    if address in _NAT64:
        return True  # what is packed into it decides
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


class AddressRules:
    """The operator's exceptions and Kalends' own addresses.

    ``allow_networks`` are CIDRs in which http, every port and inner addresses are fine.
    ``own_addresses`` are never asked, not even there: an IP address, one with a port
    (``127.0.0.1:8000``, ``[::1]:8000``) or a host name.
    """

    def __init__(
        self, allow_networks: Iterable[str | Network], own_addresses: Iterable[str]
    ) -> None:
        self.allowed = [
            ip_network(each, strict=False) if isinstance(each, str) else each
            for each in allow_networks
        ]
        self._own_hosts: set[str] = set()
        self._own: set[tuple[Address, int | None]] = set()
        for text in own_addresses:
            self._add_own(text)

    def _add_own(self, text: str) -> None:
        host, _, port = text.rpartition(":")
        for candidate, number in ((text, None), (host, int(port) if port.isdigit() else None)):
            try:
                self._own.add((ip_address(candidate.strip("[]")), number))
            except ValueError:
                continue
            return
        self._own_hosts.add(text.lower())

    def check_url(self, target: Target) -> None:
        """Refuse what no answer of a name server could make right. Raises EgressRefused."""
        if target.host in self._own_hosts:
            raise EgressRefused("forbidden_address", "That is Kalends' own address.")
        if not self.allowed:
            self._check_plain(target)

    def check(self, target: Target, addresses: list[Address]) -> bool:
        """Whether an exception was used. Raises EgressRefused when any answer is not allowed."""
        used = False
        for address in addresses:
            if self._is_own(address, target.port):
                raise EgressRefused("forbidden_address", "That is Kalends' own address.")
            if self.is_allowed(address):
                used = True
                continue
            if not is_public(address):
                raise EgressRefused(
                    "forbidden_address", "That address lies in a network Kalends does not ask."
                )
            self._check_plain(target)
        return used

    def is_allowed(self, address: Address) -> bool:
        """Whether the operator opened the network of ``address``."""
        real = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((real or address) in network for network in self.allowed)

    def _is_own(self, address: Address, port: int) -> bool:
        return any(
            (each, number) in self._own for each in unwrapped(address) for number in (None, port)
        )

    @staticmethod
    def _check_plain(target: Target) -> None:
        if target.scheme != "https":
            raise EgressRefused("bad_url", "The address has to start with https:// or webcal://.")
        if target.port != PORTS["https"]:
            raise EgressRefused("bad_url", "Only the usual port of https is asked.")
