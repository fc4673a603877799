"""Zones whose clock changes are odd: half hours, midnight, negative summer time, skipped days."""

from __future__ import annotations

ODD_ZONES = (
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Chatham",
    "Africa/Cairo",
    "Asia/Beirut",
    "Africa/Casablanca",
    "America/Nuuk",
    "Asia/Gaza",
    "Europe/Dublin",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Niue",
    "America/New_York",
)
