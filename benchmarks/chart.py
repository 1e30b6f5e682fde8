"""The goals that are ratios to a floor, as bars: plain SVG, legible on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.jobs import FLOOR, JOBS, Goal
from benchmarks.measure import Spread
from benchmarks.results import Results, holds

#: px. Beyond this ratio a bar is cut, and its number tells.
LABELS, BARS, NUMBERS, ROW, BAR, HEAD, FOOT, MOST = 250, 430, 120, 36, 11, 62, 34, 6.0
#: The picture brings its own ground, so that it reads alike on every page.
_STYLE = """
  .ground { fill: #ffffff; stroke: #d0d7de }
  text { font: 13px "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .title { font-size: 15px; font-weight: bold }
  .cpu { fill: #0969da } .wall { fill: #7cbcf5 }
  .grid { stroke: #d0d7de } .floor { stroke: #59636e }
  .range { stroke: #1f2328; stroke-width: 1.5 }
  .goal { stroke: #d4570a; stroke-width: 3 } .missed { fill: #c0390b; font-weight: bold }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #161b22; stroke: #3d444d }
    text { fill: #f0f6fc } .small { fill: #9198a1 }
    .cpu { fill: #2f81f7 } .wall { fill: #1f4f8f }
    .grid { stroke: #3d444d } .floor { stroke: #9198a1 } .range { stroke: #f0f6fc }
    .goal { stroke: #f0883e } .missed { fill: #ff8a6b }
  }
"""


def draw_chart(results: Results) -> str:
    """Draw every goal that is a ratio to a floor.

    Parameters
    ----------
    results : Results
        What was measured.

    Returns
    -------
    str
        An SVG file.
    """
    rows = [
        (goal, values)
        for job in JOBS
        for goal in job.goals
        if goal.over == FLOOR and goal.at_most is not None
        for values in [{it: results.value(job, goal, it) for it in goal.measures}]
        if all(values.values())
    ]
    shown = [each.most for _, values in rows for each in values.values() if each]
    largest = max([2.0, *shown, *(goal.at_most or 0 for goal, _ in rows)])
    scale = BARS / min(MOST, largest * 1.05)
    width, height = LABELS + BARS + NUMBERS, HEAD + ROW * len(rows) + FOOT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img">',
        "<title>Time of maskprep as a multiple of the floor, against the goals</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        *_legend(),
        *_grid(scale, height),
    ]
    for place, (goal, values) in enumerate(rows):
        lines += _row(goal, values, HEAD + ROW * place, scale)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _legend() -> Iterator[str]:
    yield '<text class="title" x="14" y="25">Time, as a multiple of the floor</text>'
    x = LABELS
    for name, text in (("cpu", "CPU"), ("wall", "wall")):
        yield f'<rect class="{name}" x="{x}" y="37" width="18" height="{BAR}"/>'
        yield f'<text class="small" x="{x + 24}" y="47">{text}</text>'
        x += 70
    yield f'<path class="goal" d="M{x} 34v16"/>'
    yield f'<text class="small" x="{x + 8}" y="47">goal</text>'
    x += 60
    yield f'<path class="range" d="M{x} 43h18m0 -3v6m-18 0v-6"/>'
    yield f'<text class="small" x="{x + 25}" y="47">from the best round to the worst</text>'


def _grid(scale: float, height: int) -> Iterator[str]:
    bottom = height - FOOT + 4
    for tick in range(int(BARS / scale) + 1):
        x = LABELS + tick * scale
        name = "floor" if tick == 1 else "grid"
        yield f'<path class="{name}" d="M{x:.1f} {HEAD - 4}V{bottom}"/>'
        text = "1 = floor" if tick == 1 else str(tick)
        place = f'text-anchor="middle" x="{x:.1f}" y="{bottom + 16}"'
        yield f'<text class="small" {place}>{text}</text>'


def _row(goal: Goal, values: dict[str, Spread | None], top: int, scale: float) -> Iterator[str]:
    yield f'<text x="14" y="{top + 18}">{escape(goal.text)}</text>'
    y = top + 2
    for measure, value in values.items():
        if value is None:
            continue
        length = min(BARS, value.median * scale)
        yield f'<rect class="{measure}" x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}"/>'
        if value.median * scale > BARS:  # cut: its number tells
            yield f'<path class="{measure}" d="M{LABELS + BARS} {y}l6 {BAR / 2} -6 {BAR / 2}z"/>'
        least, most = (LABELS + min(BARS, each * scale) for each in (value.least, value.most))
        middle = y + BAR / 2
        if least < most:
            yield (
                f'<path class="range" d="M{least:.1f} {middle}H{most:.1f}m0 -3v6'
                f'M{least:.1f} {middle - 3}v6"/>'
            )
        name = "missed" if holds(goal, value) is False else "met"
        x = LABELS + BARS + 12
        yield f'<text class="small {name}" x="{x}" y="{y + 10}">{value.median:.2f}</text>'
        y += BAR + 2
    x = LABELS + min(BARS, (goal.at_most or 0) * scale)
    yield f'<path class="goal" d="M{x:.1f} {top}v{2 * BAR + 6}"/>'
    yield (
        f'<text class="small" x="{LABELS + BARS + 52}" y="{top + 18}">goal {goal.at_most:g}</text>'
    )
