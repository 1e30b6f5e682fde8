"""Masks rich in details: hair, chains, lace, text; mostly 20 to 140 details, edges soft."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.drawing import Mask, curve, ellipse

#: What is drawn into every fourth mask each.
_TEXT = "MASKED LOSS TRAINS A PART OF EACH IMAGE"


def with_fine_details(mask: Mask, seed: int) -> Mask:
    """Lay one kind of fine details over a mask, where it is black.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        A figure.
    seed : int
        Chooses kind, number and places.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        With lines and dots of 1 to 6 px.
    """
    random = np.random.default_rng([seed, 1])
    drawn = np.zeros_like(mask)
    (_hair, _chains, _lace, _text)[seed % 4](drawn, random)
    return np.maximum(mask, cv2.GaussianBlur(drawn, (0, 0), 0.6))


def _hair(drawn: Mask, random: np.random.Generator) -> None:
    """Draw strands of 2 px: some right across, one great tangle, and many short ones."""
    height, width = drawn.shape
    for strand in range(int(random.integers(60, 140))):
        start = random.uniform(0, width), random.uniform(0, height)
        reach = max(drawn.shape) if strand < 15 else 60
        points = [start, *((each + random.uniform(-reach, reach) for each in start) for _ in "ab")]
        curve(drawn, [(x, y) for x, y in points], (2, 2))


def _chains(drawn: Mask, random: np.random.Generator) -> None:
    """Draw rows of links that do not touch."""
    height, width = drawn.shape
    for _ in range(int(random.integers(3, 7))):
        link = random.uniform(5, 10)
        x, y = random.uniform(0, width / 4), random.uniform(0.2, 0.8) * height
        slope = random.uniform(-0.2, 0.2)
        for each in range(int(random.integers(15, 40))):
            away = each * 2.8 * link
            ellipse(drawn, (x + away, y + slope * away), (link, 0.6 * link), 2)


def _lace(drawn: Mask, random: np.random.Generator) -> None:
    """Draw a field of rings and dots."""
    height, width = drawn.shape
    step = random.uniform(28, 44)
    left, top = random.uniform(0, width / 4), random.uniform(0, height / 3)
    for down in range(int(random.integers(4, 9))):
        for across in range(int(random.integers(5, 12))):
            centre = (left + across * step, top + down * step)
            ellipse(drawn, centre, (0.36 * step, 0.36 * step), 2)
            ellipse(drawn, centre, (3, 3))


def _text(drawn: Mask, random: np.random.Generator) -> None:
    """Write lines of thin letters."""
    height, width = drawn.shape
    for line in range(int(random.integers(2, 6))):
        place = (int(random.uniform(0, width / 8)), int((line + 1) * height / 7))
        font, size = cv2.FONT_HERSHEY_SIMPLEX, random.uniform(0.9, 1.4)
        cv2.putText(drawn, _TEXT, place, font, size, (255,), 2, cv2.LINE_AA)
