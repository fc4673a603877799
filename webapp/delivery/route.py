"""Which way mail goes out of this installation."""

from __future__ import annotations

from ipaddress import ip_address

from webapp.delivery.courier import Courier
from webapp.delivery.outbox_folder import OutboxFolder
from webapp.delivery.smtp import SmtpCourier, SmtpServer
from webapp.settings import Settings


def courier_for(settings: Settings) -> Courier:
    """The courier of ``KALENDS_MAIL_URL``; raises ``ValueError`` when that makes no sense."""
    if settings.mail_url.startswith("outbox:"):
        return OutboxFolder(settings.outbox_dir)
    server = SmtpServer.from_url(settings.mail_url)
    return SmtpCourier(server, own_name=_own_name(settings.mail_domain))


def _own_name(domain: str) -> str:
    """How we greet: a name, or an address literal (RFC 5321 4.1.3)."""
    try:
        address = ip_address(domain)
    except ValueError:
        return domain
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
