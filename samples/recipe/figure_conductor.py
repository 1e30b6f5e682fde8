"""The conductor: tail coat, bow tie and a thin white baton."""

from __future__ import annotations

import bodies
import hands
from bodies import LEFT_SHOULDER, RIGHT_SHOULDER, Arm, draw_arm
from drawing import INK, placed, shape, stroke
from geometry import circle, limb
from heads import HeadColours, head


def conductor() -> str:
    """Conductor with a pony tail, eyes closed, baton raised and the other hand open."""
    skin, hair, coat, shirt = "#c98a5e", "#8a3b2a", "#3a3357", "#fbf4e6"
    path = bodies.torso_path(waist=540, hips=600)
    torso = shape(path, coat)
    front = shape(
        "M326 854C350 1100 430 1300 470 1450L440 1800H548L518 1450C560 1300 640 1100 666 846Z",
        shirt,
    )
    studs = "".join(shape(circle(494, y, 11), "#f4c95d", 5) for y in (1090, 1200, 1310))
    lapels = "".join(
        placed(
            shape("M-174 -12C-236 110 -190 300 -22 590C-70 400 -130 200 -146 10Z", "#57508a", 10),
            494,
            862,
            mirror=mirror,
        )
        for mirror in (False, True)
    )
    tie = shape("M494 930L390 880V1000ZM494 930L598 880V1000Z", "#d2583f", 10) + shape(
        limb([(486, 930), (502, 930)], [50, 50]), "#d2583f", 10
    )
    right = Arm(RIGHT_SHOULDER, (985, 1180), (1120, 900), coat, 0.82, cuff_colour=shirt)
    left = Arm(LEFT_SHOULDER, (-20, 1200), (-130, 950), coat, 0.82, cuff_colour=shirt)
    baton = placed(
        shape(limb([(0, 40), (0, -440)], [14, 7]), "#ffffff", 5),
        -4,
        -60,
        turn=-38,
    )
    fist = hands.place_hand(hands.gripping_hand(skin, baton, -1), right.wrist, right.turn)
    palm = hands.place_hand(hands.open_hand(skin), left.wrist, left.turn - 4)
    ring = bodies.ear_ring_disc(283, 612, 60, 13, "#f4c95d", 5)
    return (
        head("baton", HeadColours(skin, hair, "#6a2a1e"))
        + ring
        + bodies.under_chin(
            torso
            + draw_arm(right, fist)
            + draw_arm(left, palm)
            + front
            + studs
            + lapels
            + bodies.shirt_collar(shirt)
            + tie
            + stroke("M360 1440V1640M628 1440V1640", INK, 8)
        )
    )
