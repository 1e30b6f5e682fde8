"""Figures that do something: wand, umbrella, knitting needles, kite and baton."""

from __future__ import annotations

from math import cos, radians, sin

import bodies
import hands
from bodies import LEFT_SHOULDER, RIGHT_SHOULDER, Arm, draw_arm
from drawing import INK, clipped, flat, merged, placed, shape, stroke
from geometry import Point, circle, limb, open_line
from heads import HeadColours, head


def wand_bearer() -> str:
    """Apprentice with long hair in the wind, a cape and a thin wand."""
    skin, hair, cape, dress = "#e9b48c", "#7a4a9c", "#27605f", "#f1e3c6"
    strands = "".join(
        flat(limb(points, [22, 16, 9, 0]), hair)
        for points in (
            [(210, 560), (60, 600), (-70, 540), (-190, 560)],
            [(190, 640), (40, 700), (-80, 650), (-230, 700)],
            [(180, 700), (60, 780), (-70, 770), (-170, 830)],
        )
    )
    cloak_back = shape(
        "M330 860C200 900 150 960 120 1060C60 1300 -60 1560 -160 1760C0 1800 180 1780 300 1820"
        "L760 1820C840 1790 930 1800 1000 1790C920 1500 880 1200 860 1040C840 940 760 880 664 850Z",
        "#1d4a4b",
    )
    torso = shape(bodies.torso_path(hem=1820, waist=500, hips=640), dress)
    belt = shape(
        "M240 1360C340 1392 640 1392 746 1360L752 1430C640 1466 340 1466 236 1430Z", "#a9713f"
    )
    buckle = shape(circle(494, 1420, 40), "#f4c95d", 10)
    collar = shape(
        "M330 838C250 860 170 900 130 985C230 1090 400 1110 494 1150C600 1100 760 1080 858 985"
        "C820 900 740 856 664 830C620 900 390 916 330 838Z",
        cape,
    )
    clasp = shape(circle(494, 950, 34), "#f4c95d", 10) + flat(circle(494, 950, 14), "#d2583f")
    raised = Arm((776, 1010), (900, 1270), (946, 970), dress, 0.7, (140, 138, 130), 30)
    hanging = Arm((212, 1010), (110, 1320), (290, 1500), dress, 0.74, (140, 138, 130), 30)
    wand = placed(
        shape(limb([(0, 130), (0, -356)], [17, 8]), "#8a5a3a", 6) + placed(_star(46), 0, -372),
        -4,
        -50,
        turn=6,
    )
    fist = hands.place_hand(hands.gripping_hand(skin, wand, -1), raised.wrist, raised.turn - 6)
    rest = hands.place_hand(hands.relaxed_hand(skin), hanging.wrist, hanging.turn, True)
    return (
        cloak_back
        + strands
        + head("wand", HeadColours(skin, hair, "#4d2c66"))
        + bodies.under_chin(
            torso
            + belt
            + buckle
            + draw_arm(raised, fist)
            + draw_arm(hanging, rest)
            + collar
            + clasp
        )
    )


def _star(radius: float) -> str:
    points = []
    for i in range(10):
        turn = i * 36
        length = radius if i % 2 == 0 else radius * 0.45
        points.append(_polar(length, turn))
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
    return shape(path, "#ffd86b", 8)


def _polar(length: float, turn: float) -> Point:
    return (length * sin(radians(turn)), -length * cos(radians(turn)))


def raincoat_child() -> str:
    """Child in a yellow raincoat and boots under an umbrella with a thin shaft."""
    skin, hair, coat, shade = "#f3c6a0", "#5b3524", "#f7c531", "#d99a1c"
    umbrella = placed(_umbrella(0, -870), 1006, 940, turn=-13)
    legs = "".join(
        shape(limb([(x, 1480), (x + dx, 1850)], [120, 110]), "#3c5a9a")
        for x, dx in ((400, -6), (588, 6))
    )
    boots = "".join(
        shape(
            f"M{x - 72} 1740H{x + 72}V1960C{x + 150} 1966 {x + 156} 2030 {x + 150} 2050H{x - 72}Z",
            "#d9483b",
        )
        + shape(f"M{x - 80} 1730H{x + 80}V1778H{x - 80}Z", "#f1867b", 10)
        for x in (394, 594)
    )
    body = shape(
        "M330 820C270 856 220 880 190 960C190 1200 150 1440 120 1620C300 1680 690 1680 868 1620"
        "C836 1440 800 1200 800 960C770 880 720 850 664 810C610 900 390 912 330 820Z",
        coat,
    )
    front = stroke("M494 900V1660", shade, 10)
    buttons = "".join(shape(circle(532, y, 17), "#fff3d0", 7) for y in (1040, 1200, 1360, 1520))
    pockets = "".join(shape(f"M{x} 1330H{x + 150}V1390H{x}Z", coat, 9, shade) for x in (236, 610))
    holding = Arm((800 - 24, 985), (930, 1240), (1010, 1010), coat, 0.74, (150, 140, 124))
    hanging = Arm((214, 985), (110, 1240), (92, 1440), coat, 0.82, (150, 140, 128))
    shaft = (
        shape(limb([(0, 260), (0, -870)], [13, 13]), "#8a5a3a", 5)
        + stroke("M0 260C0 340 -80 340 -80 270", INK, 26)
        + stroke("M0 260C0 340 -80 340 -80 270", "#8a5a3a", 15)
    )
    shaft = placed(shaft, -4, -60, turn=-13)
    grip = hands.place_hand(hands.gripping_hand(skin, shaft, -1, 24), holding.wrist, 0)
    rest = hands.place_hand(hands.relaxed_hand(skin), hanging.wrist, hanging.turn)
    hood = shape(
        "M320 822C230 830 180 890 226 944C320 1010 660 1010 752 934C790 886 750 836 670 812"
        "C610 890 390 906 320 822Z",
        coat,
    )
    return (
        umbrella
        + bodies.under_chin(legs + boots)
        + head("raincoat", HeadColours(skin, hair, "#3d2016", freckles="#b9714c"), teeth=True)
        + bodies.under_chin(
            body
            + front
            + buttons
            + pockets
            + draw_arm(hanging, rest)
            + draw_arm(holding, grip)
            + hood
        )
    )


def _umbrella(x: float, y: float) -> str:
    """Open umbrella whose canopy ends at y, with a ferrule and thin rib tips."""
    left, right, top = x - 560, x + 560, y - 470
    tips = "".join(
        stroke(f"M{tip_x} {y + dy}l{dx} {34}", INK, 9)
        for tip_x, dy, dx in (
            (left, 0, -14),
            (x - 300, -20, -6),
            (x, -24, 0),
            (x + 300, -20, 6),
            (right, 0, 14),
        )
    )
    canopy_edge = (
        f"Q{x + 430} {y - 90} {x + 300} {y - 20}Q{x + 150} {y - 96} {x} {y - 24}"
        f"Q{x - 150} {y - 96} {x - 300} {y - 20}Q{x - 430} {y - 90} {left} {y}"
    )
    canopy = shape(
        f"M{left} {y}C{left + 10} {top + 110} {x - 260} {top} {x} {top}"
        f"C{x + 260} {top} {right - 10} {top + 110} {right} {y}{canopy_edge}Z",
        "#e8655a",
    )
    panel = shape(
        f"M{x} {top}C{x - 180} {top + 60} {x - 290} {top + 240} {x - 300} {y - 20}"
        f"Q{x - 150} {y - 96} {x} {y - 24}Q{x + 150} {y - 96} {x + 300} {y - 20}"
        f"C{x + 290} {top + 240} {x + 180} {top + 60} {x} {top}Z",
        "#f6ead8",
        9,
    )
    seam = stroke(f"M{x} {top}V{y - 24}", INK, 8)
    ferrule = stroke(f"M{x} {top}V{top - 70}", INK, 13)
    return tips + ferrule + canopy + panel + seam


def knitter() -> str:
    """Grandmother with pearls and glasses who knits with two long needles."""
    skin, hair, cloth, shawl = "#f2cbb0", "#cfcad6", "#8c4a6b", "#5a9a8f"
    torso = shape(bodies.torso_path(waist=620, hips=700), cloth)
    neckline = flat("M330 846C360 960 420 1010 494 1010C570 1010 640 960 664 838Z", skin)
    rim = stroke("M362 846H330C350 960 420 1010 494 1010C570 1010 640 960 664 838H606", INK, 12)
    wrap = (
        shape(
            "M322 840C240 876 150 900 106 1000C76 1090 66 1160 48 1240C210 1262 390 1310 494 1396"
            "C598 1310 780 1262 944 1240C926 1160 914 1090 884 1000C840 900 750 872 668 832"
            "C640 960 560 1080 494 1150C430 1080 350 960 322 840Z",
            shawl,
        )
        + stroke("M64 1196C220 1218 390 1268 478 1340", "#f6ead8", 12)
        + stroke("M928 1196C770 1218 600 1268 510 1340", "#f6ead8", 12)
        + stroke("M494 1160V1392", INK, 10)
        + shape(circle(494, 1160, 34), "#f4c95d", 10)
    )
    left = Arm(LEFT_SHOULDER, (60, 1330), (330, 1480), cloth, 0.8)
    right = Arm(RIGHT_SHOULDER, (930, 1330), (668, 1480), cloth, 0.8)
    knitting = shape(
        "M350 1450C430 1432 560 1432 650 1450C670 1600 660 1720 690 1830H310"
        "C340 1720 330 1600 350 1450Z",
        "#f2b441",
    )
    rows = "".join(
        stroke(
            open_line([(346 - i, y), (420, y + 14), (494, y), (570, y + 14), (654 + i, y)]),
            "#cf8a2a",
            9,
        )
        for i, y in enumerate((1520, 1580, 1640, 1700, 1760))
    )
    needles = "".join(
        placed(
            shape(limb([(0, 190), (0, -590)], [12, 12]), "#d7dde6", 5)
            + shape(circle(0, -606, 19), "#d2583f", 6),
            x,
            1450,
            turn=turn,
        )
        for x, turn in ((420, -62), (580, 62))
    )
    palms, fingers = "", ""
    for wrist, turn, side in (((330, 1474), 100, 1), ((668, 1474), -100, -1)):
        palms += hands.place_hand(hands.gripping_hand(skin, "", side, 36), wrist, turn)
        fingers += hands.place_hand(hands.gripping_fingers(skin, side), wrist, turn)
    pin = placed(
        stroke("M-150 0H40", INK, 12)
        + stroke("M-150 0H40", "#d2583f", 6)
        + shape(circle(-150, 0, 14), "#d2583f", 6),
        332,
        152,
        turn=-28,
    )
    return (
        pin
        + head("knitter", HeadColours(skin, hair, "#a59db0", glasses="#6b3654"))
        + bodies.under_chin(
            torso
            + neckline
            + rim
            + bodies.pearl_necklace("#fff6ea", 15, 116, 15)
            + knitting
            + rows
            + palms
            + draw_arm(left)
            + draw_arm(right)
            + wrap
            + needles
            + fingers
        )
    )


def kite_flyer() -> str:
    """Girl by the sea with a kite on a thin string, hair and scarf in the wind."""
    skin, hair, shirt, trousers = "#d99a6c", "#3a2230", "#f6ead8", "#3c5a9a"
    strands = "".join(
        flat(limb(points, [18, 13, 8, 0]), hair)
        for points in (
            [(180, 470), (60, 440), (-60, 490), (-170, 450)],
            [(170, 560), (40, 560), (-70, 620), (-200, 590)],
        )
    )
    scarf_tail = merged(
        [limb([(330, 890), (140, 860), (-60, 930), (-240, 880)], [90, 96, 92, 96])], "#d2583f"
    )
    fringe = "".join(
        stroke(f"M{-276 + 2 * i} {846 + i * 22}l-60 {-12 + 6 * i}", "#d2583f", 8) for i in range(4)
    )
    path = bodies.torso_path(hem=1410, waist=480, hips=500)
    torso = shape(path, shirt)
    stripes = clipped(
        "".join(
            stroke(f"M200 {y}Q494 {y + 34} 790 {y}", "#4c86b8", 24)
            for y in (1090, 1160, 1230, 1300, 1370)
        ),
        path,
        "shirt",
    ) + stroke(path, INK, 12)
    waistband = shape("M238 1396Q494 1436 750 1396L749 1496Q494 1536 239 1496Z", "#2c4478")
    legs = merged(
        [
            limb([(384, 1490), (360, 1800), (350, 2200)], [268, 200, 160]),
            limb([(604, 1490), (636, 1800), (660, 2200)], [268, 200, 160]),
        ],
        trousers,
    ) + stroke("M494 1500V1640", INK, 9)
    left = Arm(LEFT_SHOULDER, (70, 1260), (250, 1440), shirt, 0.4, (146, 142, 134))
    right = Arm(RIGHT_SHOULDER, (960, 1180), (1110, 900), shirt, 0.4, (146, 142, 134))
    string = stroke("M-6 -60C200 -330 480 -440 800 -640", INK, 7)
    fist = hands.place_hand(
        placed(string, turn=-right.turn) + hands.gripping_hand(skin), right.wrist, right.turn
    )
    rest = hands.place_hand(hands.relaxed_hand(skin), left.wrist, left.turn, True)
    scarf = shape(
        "M330 806C270 830 262 896 300 926C400 990 600 990 694 912C720 870 690 800 640 780"
        "C600 850 400 870 330 806Z",
        "#d2583f",
    )
    kite = placed(_kite(), 1880, 240, turn=40)
    return (
        fringe
        + scarf_tail
        + strands
        + kite
        + legs
        + head("kite", HeadColours(skin, hair, hair))
        + bodies.under_chin(
            torso + stripes + waistband + draw_arm(left, rest) + draw_arm(right, fist) + scarf
        )
    )


def _kite() -> str:
    tail = stroke("M0 250C-60 330 60 400 0 480C-50 550 40 600 0 660", INK, 7)
    bows = "".join(
        shape(f"M0 {y}L-44 {y - 30}V{y + 30}ZM0 {y}L44 {y - 30}V{y + 30}Z", colour, 7)
        for y, colour in ((365, "#f2b441"), (480, "#4c86b8"), (600, "#f2b441"))
    )
    halves = shape("M0 -250L-170 -40L0 250Z", "#e8655a") + shape(
        "M0 -250L170 -40L0 250Z", "#f2b441"
    )
    return tail + bows + halves + stroke("M-170 -40H170", INK, 8)
