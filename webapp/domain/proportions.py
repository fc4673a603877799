"""How sure a share is, when it was counted on a few."""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054
"""The normal distribution's two-sided 95 % quantile."""


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of the share ``hits / total``, both ends in 0 to 1; (0, 1) of nothing.

    Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    JASA 22 (1927); it keeps its promise for small counts, too.
    """
    if total <= 0:
        return 0.0, 1.0
    share, square = hits / total, _Z * _Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    spread = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    half = spread / (1 + square / total)
    return (middle - half if hits else 0.0), (middle + half if hits < total else 1.0)
