"""The web server of the tests: good files, and every kind of bad answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.rig.webfiles import WebFiles, web_files

CALENDAR = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def files() -> Iterator[WebFiles]:
    with web_files() as files:
        yield files


def _get(
    url: str, headers: dict[str, str] | None = None, *, stream: bool = False
) -> requests.Response:
    return requests.get(url, timeout=10, headers=headers, stream=stream)


def test_a_file_is_served_and_the_request_noted(files: WebFiles) -> None:
    answer = _get(files.serve("/a.ics", CALENDAR), headers={"X-Asked": "yes"})
    assert (answer.status_code, answer.text) == (200, CALENDAR)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    [request] = files.requests
    assert (request.method, request.path, request.headers["x-asked"]) == ("GET", "/a.ics", "yes")


def test_an_unchanged_file_is_not_sent_twice_and_a_changed_one_is(files: WebFiles) -> None:
    url = files.serve("/a.ics", CALENDAR)
    known = {"If-None-Match": _get(url).headers["ETag"]}
    assert (_get(url, headers=known).status_code, _get(url, headers=known).content) == (304, b"")
    files.serve("/a.ics", CALENDAR + "X")
    assert _get(url, headers=known).status_code == 200


@pytest.mark.parametrize("status", [401, 404, 410, 429, 500, 503])
def test_any_status_can_be_answered(files: WebFiles, status: int) -> None:
    url = files.status("/s", status, {"Retry-After": "7"})
    assert (_get(url).status_code, _get(url).headers["Retry-After"]) == (status, "7")


def test_a_path_that_nobody_set_is_not_found(files: WebFiles) -> None:
    assert _get(files.url("/nothing")).status_code == 404


def test_redirects_lead_on_or_round_in_a_circle(files: WebFiles) -> None:
    files.serve("/there", CALENDAR)
    assert _get(files.redirect("/here", "/there", 301)).text == CALENDAR
    with pytest.raises(requests.TooManyRedirects):
        _get(files.redirect("/round", "/round"))


def test_a_drip_comes_byte_by_byte(files: WebFiles) -> None:
    url = files.drip("/drip", b"abc", pause_seconds=0.01)
    with _get(url, stream=True) as answer:
        assert answer.raw.read(1) == b"a"
        assert answer.raw.read() == b"bc"


def test_a_silent_server_outlasts_an_impatient_client(files: WebFiles) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(files.silent("/silent"), timeout=0.2)


def test_an_endless_body_goes_on_for_as_long_as_one_reads(files: WebFiles) -> None:
    with _get(files.endless("/endless"), stream=True) as answer:
        assert len(answer.raw.read(3_000_000)) == 3_000_000


def test_a_truncated_body_ends_before_its_promised_length(files: WebFiles) -> None:
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        _get(files.truncated("/short", b"BEGIN", promised=100))


def test_a_gzip_bomb_is_small_on_the_wire_and_large_in_memory(files: WebFiles) -> None:
    answer = _get(files.gzip_bomb("/bomb", 5_000_000))
    assert int(answer.headers["Content-Length"]) < 10_000
    assert len(answer.content) == 5_000_000


def test_stopping_does_not_wait_for_slow_answers() -> None:
    with web_files() as files:
        url = files.drip("/drip", b"x" * 1000, pause_seconds=60)
        answer = _get(url, stream=True)
        assert answer.raw.read(1) == b"x"
    answer.close()
