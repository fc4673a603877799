"""The ``kalends`` commands: run, worker, migrate, demo, create-owner, openapi, doctor.

Each imports what it needs when it runs, so that starting does not wait for the rest.
"""

from __future__ import annotations

import argparse
import getpass
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from webapp import migrations
from webapp.demo import file
from webapp.domain.errors import Refusal
from webapp.settings import Settings, SettingsError

if TYPE_CHECKING:
    from flask import Flask

CreateApp = Callable[[Settings], "Flask"]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - commands talk to whoever typed them


def main(arguments: list[str], create_app: CreateApp) -> int:
    """Run one command; the exit code says whether it worked."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environment()
        command: Callable[..., int] = COMMANDS[options.command][0]
        return command(settings, create_app, options)
    except (SettingsError, Refusal) as error:
        print(f"kalends: {error}", file=sys.stderr)  # noqa: T201
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kalends", description="Self-hosted scheduling.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, help_text) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        if name == "create-owner":
            command.add_argument("--organization", required=True, help="its name")
            command.add_argument("--slug", required=True, help="its address: /<slug>")
            command.add_argument("--name", required=True, help="the owner's name")
            command.add_argument("--email", required=True)
            command.add_argument("--zone", default="UTC", help="IANA zone, like Europe/Paris")
        if name == "migrate":
            command.add_argument("--to", default="head", help="a revision, or base")
        if name == "openapi":
            command.add_argument("surface", help="its name, like group-booking")
    return parser


def _prepare(settings: Settings) -> bool:
    """Make folder and database ready; whether the database had to be changed for that."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return migrations.migrate(settings.database_url)


def run(settings: Settings, create_app: CreateApp, _: argparse.Namespace) -> int:
    """Migrate, load the demo where asked, then become the supervisor of web and worker."""
    changed = _prepare(settings)
    _say(f"Kalends at {settings.base_url}")
    if settings.demo:
        shown = None if changed else file.refresh(settings)
        for line in shown or _demonstrate(settings, create_app):
            _say(line)
    arguments = [settings.host, str(settings.port), str(settings.web_processes)]
    command = [sys.executable, "-m", "webapp.supervise", *arguments]
    sys.stdout.flush()
    if sys.platform == "win32":
        from webapp import supervise

        return supervise.main(arguments)
    # Replacing this process frees everything that preparing has loaded.
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter
    return 0


def _demonstrate(settings: Settings, create_app: CreateApp) -> list[str]:
    from webapp.demo import organization

    return organization.ensure(create_app(settings))


def worker(settings: Settings, create_app: CreateApp, _: argparse.Namespace) -> int:
    """Run the background work until SIGTERM or SIGINT."""
    from webapp.jobs import runner

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    runner.run(create_app(settings), stopping.is_set)
    return 0


def migrate(settings: Settings, _: CreateApp, options: argparse.Namespace) -> int:
    """Bring the database to a revision."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrations.migrate(settings.database_url, options.to)
    _say("the database is up to date" if options.to == "head" else f"now at {options.to}")
    return 0


def demo(settings: Settings, create_app: CreateApp, _: argparse.Namespace) -> int:
    """Load the demo organization and write demo.json."""
    if not settings.listens_on_loopback:
        raise SettingsError("the demo organization is refused unless HOST is a loopback address")
    _prepare(settings)
    for line in _demonstrate(settings, create_app):
        _say(line)
    return 0


def create_owner(settings: Settings, create_app: CreateApp, options: argparse.Namespace) -> int:
    """Make an organization and its owner; the password is asked for, or read from a pipe."""
    _prepare(settings)
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    from webapp.demo.organization import create_owner as make_owner

    address = make_owner(create_app(settings), options, password)
    _say(f"{options.email} owns {address}; sign in at {settings.base_url}/auth/sign-in")
    return 0


def check(settings: Settings, _: CreateApp, __: argparse.Namespace) -> int:
    """Look for what is unsafe or broken in this installation."""
    from webapp import doctor

    found = doctor.findings(settings)
    for finding in found:
        _say(f"- {finding}")
    _say("no problem found" if not found else f"{len(found)} to mend")
    return 1 if found else 0


def openapi(settings: Settings, _: CreateApp, options: argparse.Namespace) -> int:
    """Print the OpenAPI document of a surface as JSON."""
    import json

    from webapp.blueprints.api.docs import document_of, surfaces

    if options.surface not in surfaces():
        raise SettingsError(f"there is no such surface; there are: {', '.join(surfaces())}")
    _say(json.dumps(document_of(options.surface, settings.base_url), indent=2))
    return 0


COMMANDS: dict[str, tuple[Callable[..., int], str]] = {
    "run": (run, "migrate, then run web and worker until stopped"),
    "worker": (worker, "run the background worker alone"),
    "migrate": (migrate, "bring the database to the newest revision"),
    "demo": (demo, "load the demo organization and write demo.json"),
    "create-owner": (create_owner, "make an organization and its owner"),
    "openapi": (openapi, "print the OpenAPI document of a surface"),
    "doctor": (check, "check settings, database and the guard against double booking"),
}
