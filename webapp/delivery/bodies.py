"""The body of an answer, gathered within a size, however tightly it was packed."""

from __future__ import annotations

import zlib

from webapp.delivery.addresses import EgressFailed

MAX_RATIO = 20
FREE_OF_RATIO = 2**20
"""Up to this many bytes a body may be packed as tightly as it likes."""

_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_ANY_WRAPPING = 32 + zlib.MAX_WBITS


class Body:
    """A body as it came, up to a size."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.parts = bytearray()

    def take(self, data: bytes) -> None:
        """Add a piece; raises EgressFailed when the whole grows too large."""
        self.parts += data
        if len(self.parts) > self.max_bytes:
            raise EgressFailed("too_large", "The answer is larger than Kalends reads.")

    def whole(self) -> bytes:
        """The body."""
        return bytes(self.parts)


class PackedBody(Body):
    """A gzip or deflate body, unpacked piece by piece and never beyond the size."""

    packings = frozenset({"gzip", "x-gzip", "deflate"})

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._packed = 0
        self._stream = zlib.decompressobj(_ANY_WRAPPING)

    def take(self, data: bytes) -> None:
        """Unpack a piece; raises EgressFailed for bombs and for what is not packed at all."""
        self._packed += len(data)
        if self._packed > self.max_bytes:
            raise EgressFailed("too_large", "The answer is larger than Kalends reads.")
        found = b"-"
        while data or len(found) == _CHUNK:
            try:
                found = self._stream.decompress(data, _CHUNK)
            except zlib.error:
                raise EgressFailed("bad_answer", "The answer could not be unpacked.") from None
            super().take(found)
            if len(self.parts) > max(FREE_OF_RATIO, MAX_RATIO * self._packed):
                raise EgressFailed("too_large", "The answer is packed too tightly to be read.")
            data = self._stream.unconsumed_tail
            if self._stream.unused_data.startswith(_GZIP):
                # Several packed pieces one after the other are one body (RFC 1952 2.2).
                data = self._stream.unused_data
                self._stream = zlib.decompressobj(_ANY_WRAPPING)

    def whole(self) -> bytes:
        """The body; raises EgressFailed when it broke off."""
        if self._packed and not self._stream.eof:
            raise EgressFailed("bad_answer", "The answer broke off.")
        return super().whole()
