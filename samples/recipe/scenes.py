"""The list of pictures: size, caption, figure, background and where the figure stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import backgrounds_indoor as indoor
import backgrounds_outdoor as outdoor
import figures_active
import figures_portrait
from drawing import placed
from figure_conductor import conductor

Backdrop = Callable[[int, int, Random], str]


@dataclass(frozen=True)
class Scene:
    """One picture of the character set."""

    stem: str
    size: tuple[int, int]
    caption: str
    figure: Callable[[], str]
    backdrop: Backdrop
    scale: float
    shift: tuple[float, float]
    seed: int
    jpeg: bool = False

    def figure_svg(self) -> str:
        """Return the figure, placed on the canvas."""
        return placed(self.figure(), self.shift[0], self.shift[1], self.scale)

    def background_svg(self) -> str:
        """Draw the background, the same for every run."""
        return self.backdrop(*self.size, Random(self.seed))


SCENES: tuple[Scene, ...] = (
    Scene(
        "city-wave",
        (1000, 1500),
        "flat illustration of a smiling red-haired person in a yellow hoodie, ahoge, "
        "disc ear-ring, waving with fingers spread, city at dusk, lit windows",
        figures_portrait.waver,
        outdoor.city,
        0.86,
        (128, 170),
        11,
    ),
    Scene(
        "lantern-fair",
        (1200, 1600),
        "flat illustration of a woman in a blue floral kimono, black hair in a bun, "
        "beaded hairpin, holding a paper lantern on a thin rod, night fair, strings of lanterns",
        figures_portrait.lantern_bearer,
        outdoor.fair,
        0.86,
        (90, 180),
        22,
    ),
    Scene(
        "library-reader",
        (1920, 1080),
        "flat illustration of a bearded man with round glasses, green cardigan, red tie, "
        "holding a pencil and a book, library, bookshelves, ladder",
        figures_portrait.reader,
        indoor.library,
        0.8,
        (460, -40),
        33,
    ),
    Scene(
        "forest-wand",
        (832, 1216),
        "flat illustration of an apprentice with long purple hair in the wind, green cape, "
        "cream dress, holding a thin star wand, forest, ferns, sunlight",
        figures_active.wand_bearer,
        outdoor.forest,
        0.6,
        (178, 180),
        44,
    ),
    Scene(
        "umbrella-child",
        (640, 768),
        "flat illustration of a child with freckles and pigtails, yellow raincoat, red boots, "
        "full body, holding a striped umbrella, plain light background",
        figures_active.raincoat_child,
        indoor.light_backdrop,
        0.3,
        (106, 146),
        55,
    ),
    Scene(
        "knitting-room",
        (1024, 1024),
        "flat illustration of a grandmother with grey hair in a bun, glasses, pearl necklace, "
        "teal shawl, knitting with two needles, armchair, patterned wallpaper",
        figures_active.knitter,
        indoor.papered_room,
        0.61,
        (210, 40),
        66,
    ),
    Scene(
        "singer-dark",
        (896, 1152),
        "flat illustration of a dark-skinned woman with short curly hair, hoop ear-rings, "
        "gold necklace, red dress, both hands raised with fingers spread, plain dark background",
        figures_portrait.singer,
        indoor.dark_backdrop,
        0.6,
        (152, 120),
        77,
    ),
    Scene(
        "kite-seaside",
        (1536, 1024),
        "flat illustration of a girl with dark hair in the wind, striped shirt, red scarf, "
        "flying a kite on a thin string, seaside, sailing boats, clouds",
        figures_active.kite_flyer,
        outdoor.seaside,
        0.56,
        (230, 60),
        88,
    ),
    Scene(
        "conductor-light",
        (1152, 896),
        "flat illustration of a conductor with a pony tail, closed eyes, dark tail coat, "
        "red bow tie, ear-ring, holding a thin baton, plain cream background",
        conductor,
        indoor.cream_backdrop,
        0.56,
        (300, 10),
        99,
    ),
)
