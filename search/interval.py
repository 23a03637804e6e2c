"""How far a share that was counted may be from the true one."""

from __future__ import annotations

from math import sqrt


def likely_range(right: int, of: int) -> tuple[float, float]:
    """Between which shares the true one lies, in 95 of 100 cases, when `right` of `of` were right.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference (score interval).
    """
    z = 1.96
    share = right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)
