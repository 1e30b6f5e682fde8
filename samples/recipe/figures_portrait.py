"""Half-length figures: the waver, the lantern bearer, the reader and the singer."""

from __future__ import annotations

import bodies
import hands
from bodies import LEFT_SHOULDER, RIGHT_SHOULDER, Arm, draw_arm
from drawing import INK, clipped, flat, placed, shape, stroke
from geometry import Point, circle, limb
from heads import HeadColours, head


def waver() -> str:
    """Red-haired person in a hooded jumper who waves; ahoge and disc ear-ring."""
    skin, hair, cloth, shade = "#f7cfae", "#d2583f", "#f2b441", "#cf8a2a"
    ahoge = flat(limb([(500, 190), (470, 110), (500, 30), (590, 10)], [26, 20, 12, 0]), hair)
    torso = shape(bodies.torso_path(waist=560, hips=600), cloth)
    pocket = shape("M330 1440H658L700 1640H288Z", cloth, 10, shade)
    waving = Arm(LEFT_SHOULDER, (62, 1290), (40, 930), cloth, 0.62, cuff_colour=shade)
    resting = Arm(RIGHT_SHOULDER, (906, 1340), (800, 1640), cloth, 0.9, cuff_colour=shade)
    wave = hands.place_hand(hands.open_hand(skin), waving.wrist, waving.turn - 8, scale=1.08)
    rest = hands.place_hand(hands.relaxed_hand(skin), resting.wrist, resting.turn)
    return (
        ahoge
        + head("wave", HeadColours(skin, hair, "#8c3226"), teeth=True)
        + bodies.ear_ring_disc(283, 614, 66, 5, "#7fe6da", 3)
        + bodies.under_chin(
            torso
            + pocket
            + draw_arm(resting, rest)
            + draw_arm(waving, wave)
            + bodies.hood_collar(cloth, shade)
        )
    )


def lantern_bearer() -> str:
    """Woman in a summer kimono with a hairpin of beads and a lantern on a thin rod."""
    skin, hair, cloth, sash = "#f9dcc4", "#2d2440", "#3c5a9a", "#e8655a"
    torso_path = bodies.torso_path(waist=540, hips=590)
    flowers = ""
    for i, (x, y) in enumerate(
        [
            (250, 1060),
            (700, 1130),
            (300, 1690),
            (640, 1690),
            (420, 1200),
            (560, 1010),
            (760, 990),
            (280, 1240),
            (690, 1270),
        ]
    ):
        flowers += _blossom(x, y, 34 if i % 2 else 26)
    torso = shape(torso_path, cloth) + clipped(flowers, torso_path, "kimono")
    lapels = flat("M330 850L664 842L500 1110Z", skin) + clipped(
        _lapel([(318, 846), (410, 1010), (640, 1400)], cloth, 1)
        + _lapel([(676, 838), (580, 1020), (390, 1340)], cloth, -1),
        "M100 700H900V1288C640 1318 340 1318 212 1288Z",
        "lapels",
    )
    belt = shape("M214 1290C340 1320 640 1320 774 1290L776 1530C640 1562 340 1562 212 1530Z", sash)
    cord = stroke("M224 1412C340 1436 640 1436 764 1412", "#ffe2b0", 22)
    knot = shape(limb([(470, 1424), (524, 1424)], [54, 54]), "#ffe2b0", 8)
    holding = Arm(RIGHT_SHOULDER, (930, 1290), (1010, 1010), cloth, 0.55, (160, 156, 150), 50)
    resting = Arm(LEFT_SHOULDER, (92, 1330), (330, 1480), cloth, 0.72, (160, 158, 150), 60)
    lantern = _lantern_rod()
    grip = hands.place_hand(hands.gripping_hand(skin, lantern, -1, 70), holding.wrist, 0)
    rest = hands.place_hand(hands.relaxed_hand(skin), resting.wrist, resting.turn, True)
    pin = (
        placed(
            stroke("M-120 0H40", "#f4c95d", 8) + shape(circle(-128, 0, 17), sash, 6),
            300,
            196,
            turn=24,
        )
        + _bead_string(188, 146, 5)
        + _bead_string(166, 138, 3)
    )
    return (
        pin
        + head("lantern", HeadColours(skin, hair, hair, mouth="#c3423f"))
        + bodies.under_chin(
            torso + draw_arm(holding, grip) + belt + cord + knot + draw_arm(resting, rest) + lapels
        )
    )


def _lapel(line: list[Point], colour: str, side: int) -> str:
    """One side of the kimono collar with the white edge of the garment below."""
    inner = shape(limb([(x + 26 * side, y - 6) for x, y in line], [62, 70]), "#f6ead8", 10)
    return inner + shape(limb([(x - 6 * side, y + 4) for x, y in line], [72, 76]), colour, 10)


def _blossom(x: float, y: float, radius: float) -> str:
    petals = "".join(
        placed(flat(circle(0, -radius * 0.72, radius * 0.55), "#f3c9d3"), x, y, turn=turn)
        for turn in range(0, 360, 72)
    )
    return petals + flat(circle(x, y, radius * 0.32), "#f4c95d")


def _bead_string(x: float, y: float, count: int) -> str:
    string = stroke(f"M{x} {y}V{y + 44 * count}", "#f4c95d", 4)
    return string + "".join(
        shape(circle(x, y + 44 * i, 9), "#e8655a", 4) for i in range(1, count + 1)
    )


def _lantern_rod() -> str:
    rod = stroke("M-10 190L-10 -60C-10 -330 -10 -420 90 -440", INK, 15)
    rod += stroke("M-10 190L-10 -60C-10 -330 -10 -420 90 -440", "#a9713f", 8)
    hook = stroke("M90 -440V-376", INK, 6)
    body = shape("M40 -360H140C196 -320 196 -170 140 -130H40C-16 -170 -16 -320 40 -360Z", "#ff9a4d")
    glow = flat("M62 -346H118C150 -310 150 -180 118 -144H62C30 -180 30 -310 62 -346Z", "#ffd27a")
    ribs = "".join(
        stroke(f"M{62 - w} {y}Q90 {y + 10} {118 + w} {y}", "#d96a2c", 6)
        for y, w in ((-320, 40), (-282, 56), (-245, 60), (-208, 56), (-170, 40))
    )
    caps = shape("M44 -376H136V-352H44Z", INK, 6) + shape("M44 -138H136V-114H44Z", INK, 6)
    tassel = stroke("M90 -110V-30", "#e8655a", 7)
    return rod + hook + body + glow + ribs + caps + tassel


def reader() -> str:
    """Bearded man with round glasses, a pencil in one hand and a book in the other."""
    skin, hair, cloth, shirt = "#b9784f", "#33231f", "#3f7d6b", "#f3ead7"
    torso_path = bodies.torso_path(waist=620, hips=640)
    torso = shape(torso_path, cloth)
    front = shape(
        "M322 856C350 1100 430 1300 476 1520V1800H512V1520C560 1300 640 1100 668 848Z", shirt
    )
    tie = shape("M460 960H528L540 1000L562 1300L494 1400L426 1300L448 1000Z", "#c8553d", 10)
    tie += shape("M444 898H544L526 980H462Z", "#c8553d", 10)
    writing = Arm(LEFT_SHOULDER, (30, 1300), (-40, 1010), cloth, 0.86, cuff_colour=shirt)
    holding = Arm(RIGHT_SHOULDER, (930, 1330), (740, 1440), cloth, 0.8, cuff_colour=shirt)
    pencil = placed(
        shape("M-8 150V-190L0 -224L8 -190V150Z", "#f2b441", 6)
        + shape("M-8 150V176H8V150Z", "#e8857a", 6)
        + flat("M-3 -212L0 -224L3 -212Z", INK),
        -4,
        -50,
        turn=38,
    )
    write = hands.place_hand(hands.gripping_hand(skin, pencil), writing.wrist, writing.turn)
    book = placed(
        shape("M-170 -230H150L170 -210V230H-170Z", "#8c3f5c")
        + shape("M150 -226L170 -206V226L150 214Z", "#f6ead8", 8)
        + shape("M-120 -160H100V-80H-120Z", "#f2c46d", 8)
        + stroke("M-140 -230V230", INK, 7),
        560,
        1380,
        turn=-8,
    )
    grip = hands.place_hand(_book_fingers(skin), (740, 1440), 0)
    temple = stroke("M262 478L214 474", INK, 9)
    return (
        temple
        + head("reader", HeadColours(skin, hair, hair), blush=False)
        + bodies.under_chin(
            torso
            + draw_arm(writing, write)
            + draw_arm(holding)
            + front
            + bodies.shirt_collar(shirt)
            + tie
            + book
            + grip
        )
    )


def _book_fingers(skin: str) -> str:
    paths = [
        limb([(0, 0), (-50, -20), (-84, -50)], [92, 100, 90]),
    ]
    fingers = ""
    for dx, dy in ((-30, -92), (-20, -56), (-22, -20), (-14, 14)):
        fingers += shape(limb([(-70, dy + 6), (-150 + dx, dy - 4)], [34, 31]), skin, 9)
    return shape(paths[0], skin) + fingers + flat(limb([(10, -6), (-60, -30)], [70, 80]), skin)


def singer() -> str:
    """Woman with thin hoop ear-rings, a necklace and both hands spread."""
    skin, hair, cloth, gold = "#8a5238", "#2a1a22", "#e0553f", "#f4c95d"
    torso = shape(bodies.torso_path(waist=500, hips=620), cloth)
    curve = "M330 850C336 1000 420 1080 494 1080C570 1080 658 1000 664 842"
    neckline = flat(curve + "Z", skin) + stroke(curve + "M330 850H360M664 842H606", INK, 12)
    left = Arm(LEFT_SHOULDER, (20, 1270), (-90, 980), cloth, 0.3, (146, 142, 136), 16)
    right = Arm(RIGHT_SHOULDER, (968, 1270), (1078, 980), cloth, 0.3, (146, 142, 136), 16)
    left_hand = hands.place_hand(hands.open_hand(skin), left.wrist, left.turn + 4)
    right_hand = hands.place_hand(hands.open_hand(skin), right.wrist, right.turn - 4, True)
    hoop = (
        f'<circle cx="262" cy="676" r="56" fill="none" stroke="{INK}" stroke-width="10"/>'
        f'<circle cx="262" cy="676" r="56" fill="none" stroke="{gold}" stroke-width="6"/>'
    )
    belt = shape("M244 1370Q494 1420 744 1370L746 1424Q494 1474 242 1424Z", gold)
    bracelets = ""
    for arm in (left, right):
        bracelets += placed(
            stroke("M-48 26Q0 42 48 26", INK, 20) + stroke("M-48 26Q0 42 48 26", gold, 11),
            *arm.wrist,
            turn=arm.turn,
        )
    return (
        hoop
        + head(
            "singer", HeadColours(skin, hair, hair, mouth="#5c1f2a", blush="#c2453d"), teeth=True
        )
        + bodies.under_chin(
            torso
            + neckline
            + bodies.pearl_necklace(gold, 15, 130, 13)
            + draw_arm(left, left_hand)
            + draw_arm(right, right_hand)
            + bracelets
            + belt
        )
    )
