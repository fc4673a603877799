"""Pictures that people upload: recognised by their first bytes, measured, and stripped.

Nothing is decoded: PNG (ISO/IEC 15948), JPEG (ITU-T T.81) and WebP (RFC 9649) are sequences of
pieces. Pieces that tell of the camera, the place or the author go, and so does whatever somebody
hung on behind the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from webapp.domain.errors import Invalid

LARGEST = 512 * 1024
MOST_PIXELS_A_SIDE = 4096

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_DROPPED = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
_JPEG_DROPPED = {*range(0xE1, 0xE2), *range(0xE3, 0xEE), 0xEF, 0xFE}
"""APP1 (EXIF, XMP), the private ones and comments; JFIF, colour profile and Adobe's stay."""
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_WEBP_DROPPED = {b"EXIF", b"XMP "}
_WEBP_FLAGS = 0xFF ^ 0x0C
"""What stays of the flags in VP8X: not "has EXIF", not "has XMP"."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be kept; sizes in pixels."""

    media_type: str
    extension: str
    width: int
    height: int
    content: bytes


class _Broken(Exception):
    """The pieces do not fit together."""


def picture_of(content: bytes) -> Picture:
    """``content`` recognised, measured and stripped; raises ``Invalid`` (field "logo")."""
    if len(content) > LARGEST:
        raise Invalid("A logo has at most 512 kB.", field="logo")
    for begins, kind, extension, read in (
        (content.startswith(_PNG), "image/png", "png", _png),
        (content.startswith(b"\xff\xd8\xff"), "image/jpeg", "jpg", _jpeg),
        (content[:4] + content[8:12] == b"RIFFWEBP", "image/webp", "webp", _webp),
    ):
        if begins:
            try:
                width, height, kept = read(content)
            except (_Broken, struct.error, IndexError):
                raise Invalid("This picture is damaged.", field="logo") from None
            _measured(width, height)
            return Picture(kind, extension, width, height, kept)
    raise Invalid("A logo is a PNG, JPEG or WebP picture.", field="logo")


def _measured(width: int, height: int) -> None:
    if not 1 <= width <= MOST_PIXELS_A_SIDE or not 1 <= height <= MOST_PIXELS_A_SIDE:
        raise Invalid(f"A logo is at most {MOST_PIXELS_A_SIDE} pixels wide and high.", field="logo")


def _png(content: bytes) -> tuple[int, int, bytes]:
    kept, place, size = [_PNG], len(_PNG), None
    while True:
        length, name = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content):
            raise _Broken
        if size is None:
            if name != b"IHDR" or length != 13:
                raise _Broken
            size = struct.unpack_from(">II", content, place + 8)
        if name not in _PNG_DROPPED:
            kept.append(content[place:end])
        if name == b"IEND":
            return *size, b"".join(kept)
        place = end


def _jpeg(content: bytes) -> tuple[int, int, bytes]:
    kept, place, size = [content[:2]], 2, None
    while True:
        lead, marker, length = struct.unpack_from(">BBH", content, place)
        end = place + 2 + length
        if lead != 0xFF or length < 2 or end > len(content):
            raise _Broken
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            size = (width, height)
        if marker not in _JPEG_DROPPED:
            kept.append(content[place:end])
        if marker == 0xDA:  # the picture itself follows, up to the end mark
            last = content.rfind(b"\xff\xd9")
            if size is None or last < end:
                raise _Broken
            kept.append(content[end : last + 2])
            return *size, b"".join(kept)
        place = end


def _webp(content: bytes) -> tuple[int, int, bytes]:
    kept, size = [], None
    for name, body in _chunks(content):
        if size is None:
            size = _webp_size(name, body)
        if name == b"VP8X":
            body = bytes([body[0] & _WEBP_FLAGS]) + body[1:]
        if name not in _WEBP_DROPPED:
            kept.append(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))
    if size is None:
        raise _Broken
    inside = b"WEBP" + b"".join(kept)
    return *size, b"RIFF" + struct.pack("<I", len(inside)) + inside


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    (whole,) = struct.unpack_from("<I", content, 4)
    last, place = 8 + whole, 12
    if last > len(content):
        raise _Broken
    while place < last:
        name, length = struct.unpack_from("<4sI", content, place)
        if place + 8 + length > last:
            raise _Broken
        yield name, content[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8X":
        wide, high = int.from_bytes(body[4:7], "little"), int.from_bytes(body[7:10], "little")
        return wide + 1, high + 1
    if name == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        wide, high = struct.unpack_from("<HH", body, 6)
        return wide & 0x3FFF, high & 0x3FFF
    raise _Broken
