"""Settings: name, address, look, logo, and invitees that are kept no longer than agreed."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import SAME
from tests.world import World, at, build_world
from webapp.domain.errors import Invalid
from webapp.domain.permissions import Caller, Role
from webapp.domain.picture import LARGEST, picture_of
from webapp.services import retention

GENERAL = {"name": "Harbour", "slug": "harbour", "zone": "Europe/Berlin", "locale": "en"}


def save(browser: FlaskClient, part: str, **data: object) -> TestResponse:
    return browser.post(f"/console/settings/{part}", data=data, headers=SAME)


# ------------------------------------------------------------------------------------ name, address


def test_only_who_may_change_settings_sees_them(
    ada: FlaskClient, sign_in: Callable[[str], FlaskClient]
) -> None:
    assert "How long invitees are kept" in ada.get("/console/settings").text
    bela = sign_in("bela")
    assert bela.get("/console/settings").status_code == 403
    assert ">Settings<" not in bela.get("/console/").text
    for part in ("general", "colours", "retention", "logo", "logo/removal"):
        assert (
            save(bela, part, **GENERAL, primary="#000000", secondary="#FFFFFF").status_code == 403
        )


def test_an_old_address_leads_to_the_new_one_and_is_nobody_elses(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    office.profile()
    visitor = app.test_client()
    assert visitor.get("/harbour/intro").status_code == 200
    assert save(ada, "general", **GENERAL | {"slug": "Pier"}).status_code == 303
    moved = visitor.get("/harbour/intro?tz=Europe/Paris")
    assert moved.status_code == 307
    assert moved.location.startswith("/pier/intro?tz=")
    assert visitor.get(moved.location).status_code == 200
    assert visitor.post("/harbour/intro/hold").location.endswith("/pier/intro/hold")
    assert visitor.get("/harbour").location.endswith("/pier")
    assert "Earlier addresses that still lead here: harbour" in ada.get("/console/settings").text
    with pytest.raises(Exception, match="already taken"):
        build_world(office.desk, "harbour")
    assert save(ada, "general", **GENERAL).status_code == 303, "one's own old address is free"
    assert visitor.get("/harbour/intro").status_code == 200
    assert visitor.get("/pier/intro").status_code == 307


def test_what_does_not_fit_is_kept_and_said_at_its_field(ada: FlaskClient, office: World) -> None:
    build_world(office.desk, "hill")
    before = office.desk.sql("SELECT * FROM organization")
    for change, field, status in (
        ({"name": ""}, "name", 422),
        ({"name": "x" * 121}, "name", 422),
        ({"slug": "console"}, "slug", 422),
        ({"slug": "a b"}, "slug", 422),
        ({"slug": "hill"}, "slug", 409),
        ({"zone": "Mars/Base"}, "zone", 422),
        ({"locale": "xx"}, "locale", 422),
    ):
        answer = save(ada, "general", **GENERAL | change)
        assert answer.status_code == status, change
        assert f'id="{field}-error"' in answer.text, change
    assert office.desk.sql("SELECT * FROM organization") == before


def test_a_hostile_name_is_text_everywhere(ada: FlaskClient, office: World, app: Flask) -> None:
    office.profile()
    save(ada, "general", **GENERAL | {"name": "</title><script>x</script>"})
    for browser, path in ((ada, "/console/settings"), (app.test_client(), "/harbour/intro")):
        page = browser.get(path).text
        assert "<script>x" not in page
        assert "&lt;script&gt;" in page


def test_the_log_says_what_was_changed_from_what_to_what(ada: FlaskClient) -> None:
    save(ada, "general", **GENERAL | {"zone": "Europe/Paris"})
    assert (
        "time zone: from Europe/Berlin to Europe/Paris" in ada.get("/console/settings/audit").text
    )


# -------------------------------------------------------------------------------------------- look


def test_colours_are_tried_without_being_saved_and_then_saved(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    office.profile()
    old = app.test_client().get("/harbour/intro").text
    tried = save(ada, "colours", primary="#ffeb3b", secondary="#00ff00", **{"try": "1"})
    assert tried.status_code == 200
    assert re.search(r"Links are \d\d % darker", tried.text)
    assert "black text" in tried.text
    assert office.desk.sql("SELECT primary_color FROM organization")[0][0] == "#2456C4"
    assert save(ada, "colours", primary="#ffeb3b", secondary="#00ff00").status_code == 303
    new = app.test_client().get("/harbour/intro").text
    sheet = re.compile(r"/o/harbour/brand\.\w+\.css")
    assert sheet.findall(old) != sheet.findall(new), "kept pages are made anew"


def test_what_is_no_colour_is_refused(ada: FlaskClient, office: World) -> None:
    for colour in ("red", "#12345", "#12345G", "url(x)", ""):
        assert save(ada, "colours", primary=colour, secondary="#00ff00").status_code == 422
    assert office.desk.sql("SELECT primary_color FROM organization")[0][0] == "#2456C4"


# -------------------------------------------------------------------------------------------- logo


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int = 3, height: int = 2, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xc0" * width for _ in range(height)))
    whole = chunk(b"IHDR", head) + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def jpeg(*more: bytes) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 20, 30, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\1\1\0\0\x3f\0" + b"picture\xff\xd9"
    return b"\xff\xd8" + b"".join(more) + frame + scan


def webp(*more: tuple[bytes, bytes]) -> bytes:
    wide, high = (39).to_bytes(3, "little"), (9).to_bytes(3, "little")
    pieces = [(b"VP8X", b"\x0c\0\0\0" + wide + high), (b"VP8L", b"\x2fxxxx"), *more]
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
        for name, text in pieces
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def upload(browser: FlaskClient, content: bytes, name: str = "logo.png") -> TestResponse:
    return save(browser, "logo", logo=(io.BytesIO(content), name))


def test_a_logo_is_shown_on_the_public_pages_and_cached_for_ever(
    ada: FlaskClient, office: World, app: Flask
) -> None:
    office.profile()
    assert upload(ada, png()).status_code == 303
    found = re.search(
        r'src="(/o/harbour/logo\.\w+\.png)"', app.test_client().get("/harbour/intro").text
    )
    assert found
    answer = app.test_client().get(found[1])
    assert answer.data == png()
    assert answer.content_type == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert save(ada, "logo/removal").status_code == 303
    assert app.test_client().get(found[1]).status_code == 404
    assert "/logo." not in app.test_client().get("/harbour/intro").text


def test_what_is_no_picture_changes_nothing(ada: FlaskClient, office: World) -> None:
    for content in (b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\0" * 50):
        answer = upload(ada, content)
        assert answer.status_code == 422
        assert 'id="logo-error"' in answer.text
    assert office.desk.sql("SELECT count(*) FROM organization_logo")[0][0] == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x89PNG\r\n\x1a\n<script>",
        png(5000, 1),
        png(0, 1),
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"RIFF\xff\xff\xff\xffWEBP",
        png() + b"\0" * LARGEST,
    ],
)
def test_what_is_no_picture_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        picture_of(content)
    assert refused.value.field == "logo"


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (png(3, 2, chunk(b"eXIf", b"SECRET"), chunk(b"tEXt", b"SECRET")) + b"SECRET", (3, 2)),
        (jpeg(b"\xff\xe1\0\x08SECRET", b"\xff\xfe\0\x08SECRET") + b"SECRET", (30, 20)),
        (webp((b"EXIF", b"SECRET"), (b"XMP ", b"SECRET!")) + b"SECRET", (40, 10)),
    ],
    ids=["png", "jpeg", "webp"],
)
def test_what_a_camera_or_a_joker_wrote_is_taken_out(content: bytes, size: tuple[int, int]) -> None:
    picture = picture_of(content)
    assert b"SECRET" not in picture.content
    assert (picture.width, picture.height) == size
    assert picture_of(picture.content) == picture, "what is kept is whole"


@pytest.mark.parametrize("begin", [png(), jpeg(), webp()], ids=["png", "jpeg", "webp"])
def test_a_broken_picture_is_refused_wherever_it_breaks(begin: bytes) -> None:
    for end in range(12, len(begin) - 1):
        with pytest.raises(Invalid):
            picture_of(begin[:end])


# --------------------------------------------------------------------------------------- retention


def forget(world: World) -> int:
    with world.desk.begin(Caller(world.organization_id, Role.SYSTEM)) as uow:
        return retention.forget_invitees(uow)


def test_invitees_are_forgotten_when_their_time_has_come(ada: FlaskClient, office: World) -> None:
    profile = office.profile()
    office.book(profile, at(9), "Grace")
    office.book(profile, at(9, day=30), "Otto")
    assert save(ada, "retention", months="3").status_code == 303
    office.desk.clock.now = datetime(2027, 2, 23, 12, 0, tzinfo=UTC)
    assert forget(office) == 0
    office.desk.clock.now = datetime(2027, 2, 24, 10, 0, tzinfo=UTC)
    assert forget(office) == 1
    assert forget(office) == 0
    for table in ("booking", "message", "meeting", "event", "placement", "audit_entry"):
        text = str(office.desk.sql(f"SELECT * FROM {table}")).lower()
        assert "grace" not in text, table
    assert "otto@example.org" in str(office.desk.sql("SELECT email FROM booking"))
    times = office.desk.sql("SELECT count(*), count(reference) FROM booking")[0]
    assert tuple(times) == (2, 2), "the booking stays as a time"


def test_nothing_is_forgotten_where_nobody_asked_for_it(office: World) -> None:
    office.book(office.profile(), at(9), "Grace")
    office.desk.clock.now = datetime(2036, 1, 1, tzinfo=UTC)
    assert forget(office) == 0
    assert "grace@example.org" in str(office.desk.sql("SELECT email FROM booking"))


def test_more_than_a_batch_at_one_instant_is_forgotten_too(office: World) -> None:
    office.book(office.profile(), at(9), "Grace")
    with office.desk.engine.connect() as raw:
        connection = raw.execution_options(kalends_mode="write")
        columns = "uuid, public_id, profile_id, status, start_at, end_at, name, email, phone, zone, answers, guests, extended, sequence, token_version, cancel_reason, created_at, updated_at, organization_id"  # noqa: E501
        kept = [name.strip() for name in columns.split(",")]
        extra = {"uuid": "printf('%032x', n)", "public_id": "'x' || n", "name": "'N' || n"}
        chosen = ", ".join(extra.get(name, f"b.{name}") for name in kept)
        connection.exec_driver_sql(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 120) "
            f"INSERT INTO booking ({columns}, locale, time_notation) "
            f"SELECT {chosen}, b.locale, b.time_notation FROM c, booking b WHERE b.name = 'Grace'"
        )
        connection.commit()
    with office.desk.engine.connect() as raw:
        connection = raw.execution_options(kalends_mode="write")
        connection.exec_driver_sql("UPDATE organization SET retention_months = 1")
        connection.commit()
    office.desk.clock.now = datetime(2027, 2, 1, tzinfo=UTC)
    assert [forget(office) for _ in range(4)] == [50, 50, 21, 0]


def test_a_length_that_is_not_offered_is_refused(ada: FlaskClient) -> None:
    for months in ("0", "121", "-3", "x", ""):
        assert save(ada, "retention", months=months).status_code == 422


def test_months_are_counted_by_the_calendar() -> None:
    day = datetime(2028, 3, 31, 8, 0, tzinfo=UTC)
    assert retention.months_before(day, 1) == day.replace(month=2, day=29)
    assert retention.months_before(day, 13) == datetime(2027, 2, 28, 8, 0, tzinfo=UTC)
    assert retention.months_before(day, 3) == datetime(2027, 12, 31, 8, 0, tzinfo=UTC)
