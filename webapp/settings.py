"""Settings: one frozen model, the only reader of the environment, and the keys beside it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Network = IPv4Network | IPv6Network


class SettingsError(Exception):
    """A setting makes no sense; the message names it and says what would."""


class Settings(BaseModel):
    """Everything the operator may decide, from ``KALENDS_*`` (see docs/guide/settings.md)."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    data_dir: Path = Path("instance")
    database_url: str = ""
    base_url: str = ""
    mail_url: str = "outbox:"
    mail_from: str = ""
    egress_allow: tuple[Network, ...] = ()
    rate_limits: bool = True
    trusted_proxies: tuple[Network, ...] = ()
    demo: bool = False
    openid_issuer: str = ""
    openid_client_id: str = ""
    openid_client_secret: str = Field("", repr=False)
    openid_name: str = ""
    openid_match_mail: bool = False
    web_processes: int = Field(1, ge=1, le=64)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    failpoint: str = ""
    race_hooks: frozenset[Literal["no-lock", "no-check"]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """Derive what follows from something else."""
        values = dict(values)
        data_dir = Path(values.get("data_dir") or "instance").absolute()
        values["data_dir"] = data_dir
        host, port = values.get("host") or "127.0.0.1", values.get("port") or 8000
        if not values.get("database_url"):
            values["database_url"] = f"sqlite:///{data_dir / 'kalends.sqlite3'}"
        shown = f"[{host}]" if ":" in str(host) else host
        values["base_url"] = (values.get("base_url") or f"http://{shown}:{port}").rstrip("/")
        if not values.get("mail_from") and (values.get("mail_url") or "outbox:") == "outbox:":
            values["mail_from"] = "Kalends <bookings@example.org>"
        return values

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        """Refuse combinations that would be unsafe or cannot work."""
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
            raise ValueError("KALENDS_BASE_URL must look like https://book.example.org")
        scheme = self.mail_url.partition(":")[0]
        if scheme not in ("outbox", "smtp", "smtps"):
            raise ValueError("KALENDS_MAIL_URL must be outbox:, smtp://... or smtps://...")
        if not self.mail_from:
            raise ValueError("KALENDS_MAIL_FROM is required when mail goes out over smtp")
        self._check_openid()
        if not self.listens_on_loopback:
            if self.demo:
                raise ValueError("KALENDS_DEMO is refused unless HOST is a loopback address")
            if not self.rate_limits:
                raise ValueError("KALENDS_RATE_LIMITS=off is refused unless HOST is loopback")
            if self.failpoint or self.race_hooks:
                raise ValueError("test hooks are refused unless HOST is a loopback address")
        if not self.is_sqlite and not self.database_url.startswith("postgresql+psycopg://"):
            raise ValueError("KALENDS_DATABASE_URL must be sqlite:///... or postgresql+psycopg://")
        return self

    def _check_openid(self) -> None:
        """Signing in with OpenID Connect takes three settings, or none."""
        given = [self.openid_issuer, self.openid_client_id, self.openid_client_secret]
        if any(given) and not all(given):
            raise ValueError(
                "KALENDS_OPENID_ISSUER, KALENDS_OPENID_CLIENT_ID and KALENDS_OPENID_CLIENT_SECRET "
                "belong together"
            )
        if self.openid_issuer and not self.openid_issuer.startswith(("https://", "http://")):
            raise ValueError("KALENDS_OPENID_ISSUER must look like https://id.example.org")

    @property
    def openid(self) -> str:
        """What people call the OpenID provider; empty when there is none."""
        return self.openid_name or urlsplit(self.openid_issuer).hostname or ""

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite:")

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the address listened on."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_https(self) -> bool:
        """Whether people reach the product over https."""
        return self.base_url.startswith("https:")

    @property
    def mail_domain(self) -> str:
        """The host of the base URL: the right-hand side of UIDs and Message-IDs."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def outbox_dir(self) -> Path:
        """Where ``outbox:`` writes its mails."""
        return self.data_dir / "outbox"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``HOST``, ``PORT`` and ``KALENDS_*``; raises ``SettingsError``."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for name, key in (("HOST", "host"), ("PORT", "port")):
            if environ.get(name):
                values[key] = environ[name]
        for name in cls.model_fields:
            text = environ.get(f"KALENDS_{name.upper()}")
            if text is not None and text != "":
                values[name] = _parse(name, text.strip())
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            message = first["msg"].removeprefix("Value error, ")
            raise SettingsError(f"{where + ': ' if where else ''}{message}") from error


def _parse(name: str, text: str) -> Any:
    if name in ("egress_allow", "trusted_proxies"):
        try:
            return tuple(ip_network(part.strip(), strict=False) for part in text.split(","))
        except ValueError as error:
            raise SettingsError(f"KALENDS_{name.upper()}: {error}") from error
    if name == "race_hooks":
        return frozenset(part.strip() for part in text.split(","))
    if name in ("demo", "rate_limits", "openid_match_mail"):
        words = {"1": True, "on": True, "true": True, "0": False, "off": False, "false": False}
        if text.lower() not in words:
            raise SettingsError(f"KALENDS_{name.upper()} is on or off")
        return words[text.lower()]
    return text


class Keys:
    """The installation's secrets, made on first start and kept in ``<data>/keys.json``, mode 600.

    ``link`` is a ring of hex keys for manage links: the first signs, all of them check.
    """

    def __init__(self, link: list[bytes], app: bytes) -> None:
        self.link = link
        self.app = app

    @classmethod
    def of(cls, data_dir: Path) -> Keys:
        """Read the keys of ``data_dir``, making them when there are none."""
        path = data_dir / "keys.json"
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            made = {"link": [secrets.token_hex(32)], "app": secrets.token_hex(32)}
            draft = path.with_suffix(f".{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(made))
            try:
                os.link(draft, path)  # two first starts at once: one of them wins, whole
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        kept = json.loads(path.read_text())
        return cls([bytes.fromhex(key) for key in kept["link"]], bytes.fromhex(kept["app"]))
