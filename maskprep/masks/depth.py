"""Greys of any depth to 8 bits: 16-bit and 32-bit numbers, floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_eight_bits(numbers: NDArray[Any], bits: int = 16) -> tuple[NDArray[np.uint8], str]:
    """Bring greys to 8 bits without cutting anything off.

    Parameters
    ----------
    numbers : ndarray of any integer or float type, shape (H, W)
        Greys as stored. NaN counts as 0, as does what lies below, and infinity as white; but
        signed numbers that fill either half of their range are counted from its least.
    bits : int
        That one grey has in its file, which says what number is white: 4095 of 12 bits.

    Returns
    -------
    mask : ndarray of uint8, shape (H, W)
        Integers up to 255 as they are, up to 65535 by `bits`, above by their own range. Floats
        from 0 to 1 times 255, larger ones as they are; rounded to the nearest.
    note : str
        What was done, in words; empty for 8-bit numbers.

    Examples
    --------
    >>> to_eight_bits(np.array([0, 128, 32768, 65535], np.uint16))
    (array([  0,   0, 128, 255], dtype=uint8), 'is 16-bit: scaled to 8 bits')
    >>> to_eight_bits(np.array([0, 128, 2048, 4095], np.uint16), bits=12)
    (array([  0,   8, 128, 255], dtype=uint8), 'is 12-bit: scaled to 8 bits')
    >>> to_eight_bits(np.array([0.0, 0.5, 1.0]))
    (array([  0, 128, 255], dtype=uint8), 'holds floats from 0 to 1: scaled to 0 to 255')
    """
    if numbers.dtype == np.uint8:
        return numbers, ""
    if np.issubdtype(numbers.dtype, np.floating):
        return _from_floats(numbers)
    low, high = int(numbers.min()), int(numbers.max())
    values = numbers.astype(np.int64)
    quarter = 1 << bits - 2
    if low <= -quarter and high >= quarter:
        # Else what is below 0 marks nothing: -1, -100, -9999 among labels.
        told = f"is signed {bits}-bit: scaled to 8 bits, its least number to 0"
        return _scaled(values + 2 * quarter, 4 * quarter - 1), told
    if high <= 255:
        in_file = f" in a {bits}-bit file" if bits > 8 else ", signed"
        told = f"is 8-bit data{in_file} (largest value {high}): kept as it is"
        hint = f"; if it is too dark, add --levels 0,{high}" if 0 < high < 255 else ""
        return np.maximum(values, 0).astype(np.uint8), told + hint
    if high <= 65535:
        white, depth = _white(numbers.dtype, bits, high)
        scaled = _scaled(np.maximum(values, 0), white)
        lightest = int(scaled.max())
        hint = f"; if it is too dark, add --levels 0,{lightest}" if 0 < lightest < 128 else ""
        return scaled, f"is {depth}: scaled to 8 bits{hint}"
    ranged = np.floor((values - low) * (255 / (high - low)) + 0.5) if high > low else values
    told = f"is 32-bit: its range, {low} to {high}, was scaled to 0 to 255"
    return np.clip(ranged, 0, 255).astype(np.uint8), told


def _white(kind: np.dtype[Any], bits: int, high: int) -> tuple[int, str]:
    """Tell which number is white, and the depth in words."""
    if np.issubdtype(kind, np.signedinteger) and bits <= 16 and high < 1 << bits - 1:
        return (1 << bits - 1) - 1, f"signed {bits}-bit"
    depth = bits if high < 1 << bits <= 1 << 16 else 16
    return (1 << depth) - 1, f"{depth}-bit"


def _scaled(values: NDArray[np.int64], white: int) -> NDArray[np.uint8]:
    return ((values * 255 + white // 2) // white).astype(np.uint8)


def _from_floats(numbers: NDArray[Any]) -> tuple[NDArray[np.uint8], str]:
    finite = np.isfinite(numbers)
    high = float(numbers.max(initial=0.0, where=finite))
    white = 1.0 if high <= 1 else 255.0
    values = np.nan_to_num(numbers.astype(np.float64), nan=0.0, posinf=white, neginf=0.0)
    if high <= 1:
        values, told = values * 255, "holds floats from 0 to 1: scaled to 0 to 255"
        low = float(numbers.min(initial=0.0, where=finite))
        told += f", what is below (down to {low:g}) is cut off" if low < 0 else ""
    else:
        told = "holds floats: taken as 0 to 255"
        told += f", what is above (up to {high:g}) is cut off" if high > 255 else ""
    if not finite.all():
        infinite = ", infinity an end" if np.isinf(numbers).any() else ""
        told += f"; NaN became 0{infinite} ({1 - finite.mean():.2%} of it)"
    return np.floor(np.clip(values, 0, 255) + 0.5).astype(np.uint8), told
