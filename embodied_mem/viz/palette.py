"""The colours that every picture of a memory shares."""

from collections.abc import Mapping
from types import MappingProxyType

Rgb = tuple[int, int, int]

COLOUR_TERMS: Mapping[str, Rgb] = MappingProxyType(
    {
        "red": (214, 57, 57),
        "orange": (240, 140, 46),
        "yellow": (242, 205, 66),
        "green": (72, 160, 92),
        "blue": (61, 117, 206),
        "purple": (134, 84, 178),
        "pink": (238, 150, 184),
        "brown": (139, 98, 66),
        "black": (44, 47, 54),
        "white": (250, 250, 247),
        "grey": (152, 157, 166),
        "beige": (222, 204, 170),
    }
)
"""How a basic colour term is painted."""

_UNKNOWN: Rgb = (176, 180, 188)

# Strong, well apart, and readable both over pictures and as a chip on light and dark pages.
_MARKS: tuple[Rgb, ...] = (
    (255, 92, 92),
    (64, 169, 255),
    (255, 193, 46),
    (90, 208, 120),
    (199, 125, 255),
    (255, 138, 61),
    (47, 211, 211),
    (255, 122, 190),
    (182, 215, 70),
    (150, 160, 255),
)

_TINTS: tuple[Rgb, ...] = (
    (214, 232, 250),
    (253, 232, 211),
    (219, 240, 217),
    (237, 225, 247),
    (253, 243, 201),
    (211, 240, 239),
    (250, 220, 228),
    (229, 233, 214),
    (224, 226, 250),
    (240, 228, 218),
)


def colour_of(term: str) -> Rgb:
    """Returns the paint of a basic colour term, a neutral grey for a term without one."""
    return COLOUR_TERMS.get(term, _UNKNOWN)


def mark(index: int) -> Rgb:
    """Returns the strong colour of the index-th thing to be told apart in one picture."""
    return _MARKS[index % len(_MARKS)]


def tint(index: int) -> Rgb:
    """Returns the pale ground of the index-th room."""
    return _TINTS[index % len(_TINTS)]


def ink_on(ground: Rgb) -> Rgb:
    """Returns near-black or white, whichever reads better on a ground (Rec. 709 luminance).

    >>> ink_on((255, 255, 0)), ink_on((20, 20, 120))
    ((18, 20, 24), (255, 255, 255))
    """
    luminance = 0.2126 * ground[0] + 0.7152 * ground[1] + 0.0722 * ground[2]
    return (18, 20, 24) if luminance > 118 else (255, 255, 255)


def css(colour: Rgb) -> str:
    """Returns a colour as CSS writes it.

    >>> css((255, 0, 16))
    '#ff0010'
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)
