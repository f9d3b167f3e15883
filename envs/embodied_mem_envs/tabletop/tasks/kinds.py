"""Which kinds of the catalogue serve for what in tasks, and how a cast of them is drawn."""

from typing import TYPE_CHECKING

from embodied_mem_envs.tabletop.catalogue import kind as kind_named

if TYPE_CHECKING:
    from embodied_mem_envs.tabletop.tasks.story import Story

DRAWERS = ("left_drawer", "right_drawer")
BINS = ("red_bin", "green_bin", "blue_bin")

STORABLE = (
    "block", "can", "ball", "mug", "cup", "duck", "teddy", "apple", "lemon", "car", "jar", "candle",
)  # fmt: skip
"""Things at least 4 cm high and at most 8 cm wide: a hand takes them out of a drawer or bin without
touching its walls, and a drawer closes over them."""

CLUTTER = (
    "brick", "lego", "marker", "dice", "soap", "arch", "ring", "phone", "carrot", "sponge", "spoon",
)  # fmt: skip
"""Things that only lie about."""

COUNTED = ("block", "can", "ball", "car", "cup")
"""Things of one plain colour that fit into a drawer side by side."""

PLURALS = {"block": "blocks", "can": "cans", "ball": "balls", "car": "cars", "cup": "cups"}
"""Of `COUNTED`."""


def size_of(kind: str) -> tuple[float, float, float]:
    """Returns the extent of a kind's box, m.

    Raises:
        ConfigError: If there is no such kind.
    """
    return kind_named(kind).size


def colours_of(kind: str) -> tuple[str, ...]:
    """Returns the colours that a kind comes in.

    Raises:
        ConfigError: If there is no such kind.
    """
    return kind_named(kind).colours


def draw_storable(story: "Story", count: int) -> list[tuple[str, str]]:
    """Draws different kinds that fit into drawers, each with a colour."""
    return [(kind, story.one(colours_of(kind))) for kind in story.some(STORABLE, count)]


def add_lookalike(story: "Story", name: str) -> str:
    """Puts a thing of the same kind and another colour on the table; returns its name."""
    item = story.items[name]
    others = tuple(colour for colour in colours_of(item.kind) if colour != item.colour)
    return story.add(item.kind, story.one(others))


def add_clutter(story: "Story", count: int) -> list[str]:
    """Puts things that only lie about on the table, no two of a kind; returns their names."""
    return [story.add(kind, story.one(colours_of(kind))) for kind in story.some(CLUTTER, count)]
