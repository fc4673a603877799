"""Every address of the console: what it names, and what it takes to use it."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.routing import Rule

NAMES = (
    (r"^/console/bookings/<uuid:uuid>", {"uuid": "booking", "note": "note"}),
    (r"^/console/profiles/groups/", {"xid": "group"}),
    (r"^/console/profiles/<uuid:uuid>", {"uuid": "profile"}),
    (r"^/console/availability/away/", {"uuid": "away"}),
    (r"^/console/availability/holidays/", {"uuid": "holidays"}),
    (r"^/console/availability/<uuid:uuid>", {"uuid": "schedule"}),
    (r"^/console/calendars/<uuid:uuid>", {"uuid": "calendar"}),
    (r"^/console/team/invitations/", {"uuid": "invitation"}),
    (r"^/console/team/<uuid:uuid>", {"uuid": "member"}),
    (r"^/console/connect/clients/", {"ref": "client"}),
    (r"^/console/connect/tokens/", {"ref": "token"}),
    (r"^/console/work/<uuid:uuid>", {"uuid": "work"}),
    (r"^/console/account/passkeys/<uuid", {"uuid": "passkey"}),
    (r"^/console/account/sessions/<", {"number": "session"}),
    (r"^/console/first-steps/<", {"step": "step"}),
    (r"^/console/insights/<", {"name": "table"}),
)
"""Rules to what their arguments name."""


def rules(app: Flask) -> list[tuple[str, Rule]]:
    """Method and rule of every address behind the session door, in order."""
    found = [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
        if rule.endpoint.startswith("console.") and rule.endpoint != "console.nowhere"
    ]
    return sorted(found, key=lambda pair: (pair[1].rule, pair[0]))


def named(rule: Rule) -> dict[str, str]:
    """The rule's arguments and what each names; ``KeyError`` for one that nobody explained."""
    for pattern, things in NAMES:
        if re.match(pattern, rule.rule):
            return {argument: things[argument] for argument in rule.arguments}
    if rule.arguments:
        raise KeyError(rule.rule)
    return {}


ACCOUNT = "account"
BOOKING_READ, BOOKING_CHANGE = "booking:read", "booking:change"
PROFILE_READ, PROFILE_CHANGE = "profile:read", "profile:change"
SCHEDULE = "schedule:change"

NEEDS: dict[str, str] = {
    **dict.fromkeys(
        (
            *("account_page", "save_account", "address_page", "ask_for_address", "keep_address"),
            *("again_page", "again", "again_by_openid", "again_by_passkey", "account_security"),
            *("codes_page", "start_codes", "codes_setup", "confirm_codes", "new_recovery_codes"),
            *("codes_removal_page", "switch_codes_off", "openid_page", "link_openid"),
            *("openid_removal_page", "unlink_openid", "passkey_page", "add_passkey"),
            *("new_passkey_challenge", "passkey_removal_page", "remove_passkey"),
            *("password_page", "change_password", "password_removal_page", "remove_password"),
            *("end_session", "end_other_sessions", "switch_organization"),
            *("connect", "connect_new_token", "connect_make_token", "connect_token_end"),
            *("connect_end_token", "connect_token_secret", "connect_rotate_token"),
            *("skip_step", "take_up_step", "confirm_zone"),
        ),
        ACCOUNT,
    ),
    **dict.fromkeys(
        (
            *("home", "booking_list", "booking_page", "booking_export", "chosen_page"),
            "matching_page",
            *("note_page", "insights", "insights_csv"),
        ),
        BOOKING_READ,
    ),
    **dict.fromkeys(
        (
            *("cancel_page", "cancel", "move_page", "move", "reassign_page", "reassign", "resend"),
            *(
                "approve",
                "decline",
                "mark_no_show",
                "undo_no_show",
                "chosen",
                "match",
                "new_booking",
            ),
            *("book_new", "add_note", "change_note", "delete_note"),
        ),
        BOOKING_CHANGE,
    ),
    **dict.fromkeys(("profile_list", "team_page", "member_page", "why_not_page"), PROFILE_READ),
    **dict.fromkeys(
        (
            *("profile_editor", "save_profile", "preview_profile", "new_profile"),
            *("create_profile", "preview_new_profile", "duplicate_profile", "pause_profile"),
            *("resume_profile", "move_profile", "renew_profile_address", "delete_profile_page"),
            *("delete_profile", "profile_links_page", "make_profile_links"),
            *("revoke_profile_links", "delete_group_page", "delete_group"),
            *("profile_turns_page", "change_profile_turns"),
        ),
        PROFILE_CHANGE,
    ),
    **dict.fromkeys(
        (
            *("availability", "new_schedule", "schedule_page", "save_schedule", "copy_schedule"),
            *("make_default", "preview_schedule", "delete_page", "delete_schedule", "go_away"),
            *("away_page", "come_back", "holidays_new", "keep_holidays", "holidays_page"),
            *("choose_holidays", "holidays_removal_page", "drop_holidays", "zone_list"),
        ),
        SCHEDULE,
    ),
    "calendar_list": "calendar:read",
    **dict.fromkeys(
        (
            *("link_address", "link_file", "replace_page", "replace_file", "read_again"),
            *("remove_page", "remove"),
        ),
        "calendar:link",
    ),
    **dict.fromkeys(
        (
            *("invite", "resend_invitation", "revoke_invitation", "change_role", "add_room"),
            *("rename_room", "removal_page", "remove_member"),
        ),
        "people:manage",
    ),
    **dict.fromkeys(("ownership_page", "hand_over"), "organization:own"),
    **dict.fromkeys(
        (
            *("settings", "save_general", "save_colours", "save_logo", "remove_logo"),
            "save_retention",
        ),
        "organization:change",
    ),
    **dict.fromkeys(("audit_log", "export_audit", "check_audit"), "audit:read"),
    **dict.fromkeys(
        (
            *("connect_everybody", "connect_new_client", "connect_make_client"),
            *("connect_client_end", "connect_end_client", "connect_client_secret"),
            "connect_rotate_client",
        ),
        "keys:manage",
    ),
    **dict.fromkeys(
        (
            *("work_list", "work_page", "work_file", "work_cancel", "work_retry", "work_export"),
            *("work_erasing", "work_look_for", "work_erase"),
        ),
        "data:manage",
    ),
}
"""What a person's role must allow; endpoints without the blueprint's name."""

OWN = {
    **dict.fromkeys(("note_page", "change_note"), (403,)),
    **dict.fromkeys(
        ("replace_page", "replace_file", "read_again", "remove_page", "remove"), (404,)
    ),
    **dict.fromkeys(("passkey_removal_page", "remove_passkey", "end_session"), (404,)),
    **dict.fromkeys(("connect_token_secret", "connect_rotate_token"), (404,)),
    "delete_note": (403, 404),
}
"""What is its owner's alone, and how it answers everybody else of the organization."""

ANOTHER_HOSTS = {
    *("schedule_page", "save_schedule", "copy_schedule", "make_default", "preview_schedule"),
    *("delete_page", "delete_schedule", "away_page", "come_back", "holidays_page"),
    *("choose_holidays", "holidays_removal_page", "drop_holidays"),
}
"""What is a host's: a colleague needs ``schedules:manage``."""

ELSEWHERE = {
    "openid_page": "no provider is set up here",
    "link_openid": "no provider is set up here",
    "openid_removal_page": "no provider is set up here",
    "unlink_openid": "no provider is set up here",
    "again_by_openid": "no provider is set up here",
    "passkey_page": "passkeys need https or a name",
    "new_passkey_challenge": "passkeys need https or a name",
    "codes_setup": "nothing is being set up",
    "chosen_page": "nothing is chosen",
    "chosen": "nothing is chosen",
    "matching_page": "nothing to do is named",
    "match": "nothing to do is named",
    "book_new": "no profile is named",
    "switch_organization": "no other organization is named",
    "work_file": "the work is not done yet",
    "end_session": "the number is nobody's",
}
"""Addresses that answer 404 to everybody in this world, and why; other tests go there."""
