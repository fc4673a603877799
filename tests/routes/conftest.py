"""Two organizations with one of everything, made once and copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import make_settings
from tests.routes.furnished import Furnished, furnish, hashed
from tests.routes.outward import Outward, furnish_outward
from tests.world import Clock, Desk, build_world, open_desk
from webapp.settings import Settings


@dataclass(frozen=True, slots=True)
class Made:
    """The folder with the database and the keys it was made with, and what is in it."""

    folder: Path
    house: tuple[Furnished, Furnished]
    outward: tuple[Outward, Outward]


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hashed()


@pytest.fixture(scope="session")
def made(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, password_hash: str
) -> Made:
    """Furnishing takes longer than most of these tests."""
    folder = tmp_path_factory.mktemp("furnished")
    shutil.copy(migrated_sqlite, folder / "kalends.sqlite3")
    settings = make_settings(f"sqlite:///{folder / 'kalends.sqlite3'}", folder)
    with open_desk(settings, Clock()) as desk:
        worlds = build_world(desk, "harbour"), build_world(desk, "hill")
        here, there = (furnish(world, password_hash) for world in worlds)
        return Made(folder, (here, there), (furnish_outward(here), furnish_outward(there)))


@pytest.fixture
def settings(made: Made, tmp_path: Path) -> Settings:
    """A copy of what was made."""
    shutil.copytree(made.folder, tmp_path, dirs_exist_ok=True)
    return make_settings(f"sqlite:///{tmp_path / 'kalends.sqlite3'}", tmp_path)


@pytest.fixture
def house(made: Made, desk: Desk) -> tuple[Furnished, Furnished]:
    """What the console names."""
    here, there = (replace(each, world=replace(each.world, desk=desk)) for each in made.house)
    return here, there


@pytest.fixture
def outward(made: Made, desk: Desk) -> tuple[Outward, Outward]:
    """What the other addresses name."""
    here, there = (replace(each, world=replace(each.world, desk=desk)) for each in made.outward)
    return here, there
