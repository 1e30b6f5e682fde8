"""How often to repeat folders, so that each has an even share of the gradient."""

from __future__ import annotations

from collections.abc import Sequence

_MULTIPLIERS = range(1, 11)
#: An error of a share that nobody would see: the smallest repeats below it win.
_GOOD_ENOUGH = 0.05
#: Larger errors that differ by less are as good as equal.
_TOLERANCE = 0.01


def even_repeats(weights: Sequence[float]) -> list[int]:
    """Choose repeats by which all folders weigh about the same.

    Parameters
    ----------
    weights : sequence of float
        Of each folder, the sum of its images' mean weights; above 0.

    Returns
    -------
    list of int
        At least 1 each: the heaviest folder has 1 to 10, the others as many times more as it is
        heavier than they, rounded. Of these ten choices the smallest with no error above 5 %;
        where there is none, the smallest within a percent of the least worst error.

    Examples
    --------
    >>> even_repeats([4.0, 2.0, 1.0])
    [1, 2, 4]
    >>> even_repeats([3.0, 2.0])
    [2, 3]
    """
    heaviest = max(weights)
    choices = []
    for multiplier in _MULTIPLIERS:
        level = multiplier * heaviest
        repeats = [max(1, int(level / weight + 0.5)) for weight in weights]
        worst = max(
            abs(times * weight / level - 1) for times, weight in zip(repeats, weights, strict=True)
        )
        choices.append((worst, repeats))
    least = min(worst for worst, _ in choices)
    enough = max(_GOOD_ENOUGH, least + _TOLERANCE)
    return next(repeats for worst, repeats in choices if worst <= enough)


def shares(weights: Sequence[float], repeats: Sequence[int]) -> list[float]:
    """Give each folder's share of the gradient.

    Parameters
    ----------
    weights : sequence of float
        Of each folder, the sum of its images' mean weights.
    repeats : sequence of int
        Of each folder.

    Returns
    -------
    list of float
        [0, 1], together 1.

    Examples
    --------
    >>> shares([3.0, 2.0], [2, 3])
    [0.5, 0.5]
    """
    parts = [weight * times for weight, times in zip(weights, repeats, strict=True)]
    return [part / sum(parts) for part in parts]
