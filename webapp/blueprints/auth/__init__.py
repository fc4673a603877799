"""Signing in and out: by password, passkey or OpenID Connect; links from mails."""

from webapp.blueprints.auth import forgotten, invitations, openid, passkeys, second_step
from webapp.blueprints.auth.views import auth

__all__ = ["auth", "forgotten", "invitations", "openid", "passkeys", "second_step"]
