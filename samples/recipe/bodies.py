"""Bodies under the heads: torso, arms, collars and small dress details."""

from __future__ import annotations

from dataclasses import dataclass

from drawing import INK, flat, merged, placed, shape, stroke
from geometry import Point, circle, heading, limb, open_line, towards

LEFT_SHOULDER: Point = (196, 1002)
RIGHT_SHOULDER: Point = (792, 1002)
MIDDLE = 494.0


def torso_path(hem: float = 1800, waist: float = 520, hips: float = 600, top: float = 850) -> str:
    """Return the closed path of a torso from the neck to the hem."""
    left_waist, right_waist = MIDDLE - waist / 2, MIDDLE + waist / 2
    left_hip, right_hip = MIDDLE - hips / 2, MIDDLE + hips / 2
    return (
        f"M330 {top}C290 {top + 38} 210 {top + 48} 160 {top + 110}"
        f"C168 1120 {left_waist} 1200 {left_waist} 1380"
        f"C{left_waist} 1480 {left_hip} 1560 {left_hip} {hem}"
        f"L{right_hip} {hem}C{right_hip} 1560 {right_waist} 1480 {right_waist} 1380"
        f"C{right_waist} 1200 820 1120 828 {top + 110}"
        f"C778 {top + 48} 700 {top + 34} 664 {top - 8}"
        f"C610 {top + 58} 390 {top + 70} 330 {top}Z"
    )


@dataclass(frozen=True)
class Arm:
    """Joints and looks of one arm."""

    shoulder: Point
    elbow: Point
    wrist: Point
    sleeve: str
    cuff: float = 0.9
    widths: tuple[float, float, float] = (152, 136, 118)
    wide_cuff: float = 0.0
    cuff_colour: str = ""
    patch: Point | None = None

    @property
    def turn(self) -> float:
        """Direction of the forearm, for the hand."""
        return heading(self.elbow, self.wrist)


def draw_arm(arm: Arm, hand: str = "") -> str:
    """Hand and sleeve, and a patch that welds the sleeve to the torso."""
    end = towards(arm.elbow, arm.wrist, arm.cuff)
    first, second, third = arm.widths
    third += arm.wide_cuff
    sleeve = merged(
        [limb([arm.shoulder, arm.elbow], [first, second]), limb([arm.elbow, end], [second, third])],
        arm.sleeve,
    )
    cuff = ""
    if arm.cuff_colour:
        cuff = _cuff(end, arm.turn, third, arm.cuff_colour)
    inner = arm.patch or (
        arm.shoulder[0] + (95 if arm.shoulder[0] < MIDDLE else -70),
        arm.shoulder[1] - 2,
    )
    weld = flat(
        limb(
            [arm.shoulder, towards(arm.shoulder, inner, 0.5), inner],
            [first - 1, first * 0.86, first * 0.68],
        ),
        arm.sleeve,
    )
    return hand + sleeve + weld + cuff


def _cuff(place: Point, turn: float, width: float, colour: str) -> str:
    """Draw a band across the end of a sleeve."""
    half = width / 2 - 8
    band = shape(limb([(-half, -36), (0, -32), (half, -36)], [62, 62]), colour)
    return placed(band, place[0], place[1], turn=turn)


def hood_collar(colour: str, shade: str) -> str:
    """Thick folded hood around the neck with two cords."""
    back = shape(
        "M318 850C250 850 215 905 262 948C340 1010 640 1016 726 946"
        "C772 906 740 848 676 838C610 906 390 918 318 850Z",
        colour,
    )
    fold = stroke(
        open_line([(286, 930), (380, 966), (494, 976), (610, 966), (700, 930)]), shade, 10
    )
    cords = ""
    for x, length in ((420, 150), (566, 132)):
        cords += stroke(open_line([(x, 985), (x - 6, 1040), (x + 3, 985 + length)]), INK, 16)
        cords += stroke(open_line([(x, 985), (x - 6, 1040), (x + 3, 985 + length)]), "#fff6e6", 8)
    return back + fold + cords


def roll_collar(colour: str, shade: str) -> str:
    """High roll-neck collar."""
    body = shape(
        "M336 800C380 852 560 858 622 786C640 800 668 830 676 858"
        "C620 936 390 946 308 872C312 840 322 818 336 800Z",
        colour,
    )
    folds = stroke(
        open_line([(326, 850), (400, 892), (494, 904), (590, 890), (660, 836)]), shade, 9
    )
    return body + folds


def shirt_collar(colour: str) -> str:
    """Two collar points of a shirt."""
    left = shape(
        "M334 806C300 830 288 872 300 906L420 1010L494 912C430 896 366 856 334 806Z", colour
    )
    right = shape(
        "M622 790C664 820 690 850 690 894L580 1010L494 912C550 892 596 846 622 790Z", colour
    )
    return left + right


def pearl_necklace(colour: str, pearls: int = 17, drop: float = 150, radius: float = 15) -> str:
    """Beads along a parabola below the neck."""
    beads = ""
    for i in range(pearls):
        t = -1 + 2 * i / (pearls - 1)
        x = 492 + 168 * t
        y = 858 + drop * (1 - t * t) - 6 * t
        beads += shape(circle(x, y, radius), colour, 6)
    return beads


def ear_ring_disc(
    x: float, y: float, wire: float, radius: float, colour: str, line: float = 5
) -> str:
    """Thin wire with a disc at its end."""
    hanging = stroke(f"M{x} {y}V{y + wire}", colour, line)
    return hanging + shape(circle(x, y + wire + radius, radius), colour, line * 0.8)


def under_chin(body: str, lift: float = 46) -> str:
    """Move a body up so that its collar covers the end of the neck."""
    return placed(body, 0, -lift)
