"""Kalends: self-hosted scheduling. The application factory is in ``webapp.app``."""
