"""The laws of the house that no import contract can say."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re

import pytest

import webapp.services
from tests.architecture.source import PACKAGE, ROOT, calls, imports, modules, uses
from webapp.services.unit_of_work import USE_CASES, UnitOfWork

CLOCKS = {"datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.today"}
CLOCK_KEEPERS = {
    "webapp/work.py": "the one place that reads the real time",
    "webapp/logs.py": "a log line's own time",
    "webapp/supervise.py": "it waits for processes, not for bookings",
}
ENVIRONMENT_KEEPERS = {"webapp/settings.py"}
OUTBOUND = {
    "webapp/delivery/egress.py",
    "webapp/delivery/egress_session.py",  # hands a library's session to egress.py
    "webapp/delivery/addresses.py",
    "webapp/delivery/smtp.py",
}


def service_modules() -> list[str]:
    return [
        f"webapp.services.{found.name}"
        for found in pkgutil.iter_modules(webapp.services.__path__)
        if not found.ispkg and found.name != "unit_of_work"
    ]


def test_every_public_service_function_that_takes_a_unit_states_its_permission() -> None:
    bare = []
    for name in service_modules():
        module = importlib.import_module(name)
        for function_name, function in inspect.getmembers(module, inspect.isfunction):
            ours = function.__module__ == name and not function_name.startswith("_")
            if ours and "uow" in inspect.signature(function).parameters:
                marked = f"{name}.{function_name}" in USE_CASES
                if not marked and not inspect.isgeneratorfunction(inspect.unwrap(function)):
                    bare.append(f"{name}.{function_name}")
    assert bare == []


def test_a_use_case_takes_the_unit_of_work_first() -> None:
    for path in USE_CASES:
        module, _, name = path.rpartition(".")
        if module.startswith("webapp."):
            function = inspect.unwrap(getattr(importlib.import_module(module), name))
            first = next(iter(inspect.signature(function).parameters.values()))
            assert first.name == "uow", path
            assert first.annotation in ("UnitOfWork", UnitOfWork), path


def test_only_the_unit_of_work_commits() -> None:
    committing = {
        path
        for path, tree in modules().items()
        for _, name in calls(tree)
        if name.endswith(".commit")
    }
    assert committing <= {
        "webapp/services/unit_of_work.py",
        "webapp/migrations.py",
        "webapp/services/limits.py",  # activity tables, on a connection of their own
    }


def test_savepoints_are_set_where_statements_below_the_session_keep_to_them() -> None:
    found = [
        f"{path}:{line}"
        for path, tree in modules().items()
        for line, name in calls(tree)
        if name.endswith("begin_nested") and path != "webapp/models/direct.py"
    ]
    assert found == []


def test_what_two_writers_count_up_is_counted_by_the_database() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Attribute)
        and node.target.attr in {"revision", "turn", "turns"}
    ]
    assert found == [], "two at once would write the same number; say Model.revision + 1"


def test_time_is_passed_in() -> None:
    found = [
        f"{path}:{line} {name}"
        for path, tree in modules().items()
        if path not in CLOCK_KEEPERS
        for line, name in calls(tree)
        if name in CLOCKS or name.removeprefix("datetime.") in CLOCKS
    ]
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    found = [
        f"{path}:{line}"
        for path, tree in modules().items()
        if path not in ENVIRONMENT_KEEPERS
        for line, name in uses(tree)
        if name in ("os.environ", "os.getenv")
    ]
    assert found == []


@pytest.mark.parametrize("module", ["random", "pickle", "marshal", "shelve", "dateutil.tz", "pytz"])
def test_some_modules_have_no_place_here(module: str) -> None:
    allowed = {"webapp/demo/bookings.py"} if module == "random" else set()
    assert {path for path, tree in modules().items() if module in imports(tree)} <= allowed


def test_nothing_evaluates_text() -> None:
    found = [
        f"{path}:{line}"
        for path, tree in modules().items()
        for line, name in calls(tree)
        if name in ("eval", "exec", "compile", "__import__")
    ]
    assert found == []


def test_only_the_first_floor_opens_connections() -> None:
    wire = {"socket", "requests", "urllib.request", "http.client", "smtplib", "httpx", "urllib3"}
    found = {path for path, tree in modules().items() if imports(tree) & wire}
    assert found <= OUTBOUND


def test_files_stay_short_enough_to_read() -> None:
    folders = (PACKAGE, ROOT / "tests", ROOT / "migrations", ROOT / "bench")
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): count
        for path in [*paths, ROOT / "dev.py"]
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_functions_stay_short_enough_to_hold_in_mind() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - _first_line_of_code(node) >= 40
    ]
    assert long == []


def _first_line_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body
    documented = ast.get_docstring(node) is not None and len(body) > 1
    return body[1].lineno if documented else body[0].lineno


def test_every_module_says_what_it_is_for() -> None:
    assert [path for path, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_every_public_function_of_the_lower_floors_is_documented() -> None:
    floors = ("webapp/domain", "webapp/services", "webapp/delivery", "webapp/jobs")
    bare = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules().items()
        if path.startswith(floors)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_no_name_hides_what_a_thing_does() -> None:
    vague = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common)(_|\.py$|$)")
    names = [path.name for path in PACKAGE.rglob("*") if vague.search(path.name.lower())]
    classes = [
        node.name
        for tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Utils?)$", node.name)
    ]
    assert names + classes == []


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|pytest\.mark\.skip)\b")
    folders = (PACKAGE, ROOT / "migrations", ROOT / "bench")
    found = [
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.rglob("*.py")
        if marks.search(path.read_text())
    ]
    assert found == []
