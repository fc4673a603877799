"""Signing in and out."""

from webapp.blueprints.auth.views import auth

__all__ = ["auth"]
