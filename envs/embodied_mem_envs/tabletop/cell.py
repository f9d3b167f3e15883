"""The work cell: table, chest with two drawers, bins and tray, as an engineer measured them."""

from embodied_mem.robots.arm import Fixture, WorkCell
from embodied_mem_envs.tabletop.parts import Part, Triple

TABLE_TOP = 0.0
FLOOR = -0.72
TABLE_LOW, TABLE_HIGH = (0.10, -0.62, -0.04), (0.98, 0.62, 0.0)
CHEST_LOW, CHEST_HIGH = (0.72, -0.27, 0.0), (0.96, 0.27, 0.12)
DRAWER_LOW, DRAWER_HIGH = (0.735, 0.0265, 0.02), (0.935, 0.2385, 0.075)
"""Inside of the left drawer, closed; the right one mirrors it."""
HANDLE = (0.675, 0.1325, 0.092)
TRAVEL = 0.19
BIN_INSIDE, BIN_WALL, BIN_HEIGHT = 0.18, 0.006, 0.065
TRAY_SIDE, TRAY_RIM = 0.20, 0.01

BINS = {
    "red_bin": ("red", (0.32, 0.46)),
    "green_bin": ("green", (0.56, 0.46)),
    "blue_bin": ("blue", (0.32, -0.46)),
}
TRAY_AT = (0.56, -0.46)
DRAWERS = {"left_drawer": 1.0, "right_drawer": -1.0}
"""Name of every drawer and the sign of its y."""


def default_cell() -> WorkCell:
    """Returns the fixtures that every episode has.

    `chest` is the body of the chest of drawers: nothing can be put into it but into its drawers.
    A drawer's box is its inside, a bin's and a tray's box is all of it, a zone's box lies on the
    table.
    """
    cell = {
        "table": Fixture(kind="table", low=TABLE_LOW, high=TABLE_HIGH, colour="wood"),
        "chest": Fixture(kind="chest", low=CHEST_LOW, high=CHEST_HIGH, colour="oak"),
    }
    for name, side in DRAWERS.items():
        ends = sorted((side * DRAWER_LOW[1], side * DRAWER_HIGH[1]))
        cell[name] = Fixture(
            kind="drawer",
            low=(DRAWER_LOW[0], ends[0], DRAWER_LOW[2]),
            high=(DRAWER_HIGH[0], ends[1], DRAWER_HIGH[2]),
            colour="white",
            handle=(HANDLE[0], side * HANDLE[1], HANDLE[2]),
            slides=(-1.0, 0.0, 0.0),
            travel=TRAVEL,
        )
    half = 0.5 * BIN_INSIDE + BIN_WALL
    for name, (colour, (x, y)) in BINS.items():
        cell[name] = Fixture(
            kind="bin",
            low=(x - half, y - half, 0.0),
            high=(x + half, y + half, BIN_HEIGHT),
            colour=colour,
        )
    x, y = TRAY_AT
    half = 0.5 * TRAY_SIDE
    cell["tray"] = Fixture(
        kind="tray", low=(x - half, y - half, 0.0), high=(x + half, y + half, TRAY_RIM),
        colour="grey",
    )  # fmt: skip
    cell["lane"] = Fixture(kind="zone", low=(0.36, -0.32, 0.0), high=(0.46, 0.32, 0.0))
    return cell


def box_between(low: Triple, high: Triple, colour: str = "", solid: bool = True) -> Part:
    """Returns the box that fills two corners."""
    return Part(
        shape="box",
        size=(high[0] - low[0], high[1] - low[1], high[2] - low[2]),
        at=(0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1]), 0.5 * (low[2] + high[2])),
        colour=colour,
        solid=solid,
    )


def standing_parts() -> tuple[Part, ...]:
    """Returns everything of the cell that never moves, in the world frame."""
    bins = (part for colour, at in BINS.values() for part in _bin_parts(at, colour))
    return (*_table_parts(), *_chest_parts(), *bins, *_tray_parts())


def _table_parts() -> tuple[Part, ...]:
    (x0, y0, z0), (x1, y1, z1) = TABLE_LOW, TABLE_HIGH
    legs = (
        box_between((x, y, FLOOR), (x + 0.05, y + 0.05, z0), "joint")
        for x in (x0 + 0.03, x1 - 0.08)
        for y in (y0 + 0.03, y1 - 0.08)
    )
    pedestal = box_between((-0.18, -0.13, FLOOR), (0.085, 0.13, 0.0), "joint")
    floor = box_between((-3.0, -3.0, FLOOR - 0.05), (4.0, 3.0, FLOOR), "floor")
    return (box_between((x0, y0, z0), (x1, y1, z1), "wood"), *legs, pedestal, floor)


def _chest_parts() -> tuple[Part, ...]:
    """The shell: sides, middle wall, back and top; the drawers slide on the table's level."""
    (x0, y0, z0), (x1, y1, z1) = CHEST_LOW, CHEST_HIGH
    front = x0 + 0.013
    return (
        box_between((front, y0, z1 - 0.012), (x1, y1, z1), "oak"),
        box_between((front, y0, z0), (x1, y0 + 0.014, z1 - 0.012), "oak"),
        box_between((front, y1 - 0.014, z0), (x1, y1, z1 - 0.012), "oak"),
        box_between((front, -0.012, z0), (x1, 0.012, z1 - 0.012), "oak"),
        box_between((x1 - 0.01, y0 + 0.014, z0), (x1, y1 - 0.014, z1 - 0.012), "oak"),
    )


def drawer_parts(side: float) -> tuple[Part, ...]:
    """Returns the closed left (`side` 1) or right (-1) drawer in the world frame.

    The floor is 8 mm thick and starts at 12 mm, so nothing of it rubs on the table.
    """
    x0, x1 = DRAWER_LOW[0], DRAWER_HIGH[0]
    y0, y1 = sorted((side * DRAWER_LOW[1], side * DRAWER_HIGH[1]))
    z0, z1 = DRAWER_LOW[2], DRAWER_HIGH[2]
    hx, hy, hz = HANDLE[0], side * HANDLE[1], HANDLE[2]
    posts = (
        box_between(
            (hx - 0.004, y - 0.005, hz - 0.006), (CHEST_LOW[0], y + 0.005, hz + 0.006), "steel"
        )
        for y in (hy - 0.055, hy + 0.055)
    )
    return (
        box_between((CHEST_LOW[0], y0 - 0.012, 0.010), (x0, y1 + 0.012, 0.106), "white"),
        box_between((x0, y0 - 0.006, z0 - 0.008), (x1 + 0.006, y1 + 0.006, z0), "white"),
        box_between((x0, y0 - 0.006, z0), (x1 + 0.006, y0, z1), "white"),
        box_between((x0, y1, z0), (x1 + 0.006, y1 + 0.006, z1), "white"),
        box_between((x1, y0, z0), (x1 + 0.006, y1, z1), "white"),
        box_between(
            (hx - 0.005, hy - 0.06, hz - 0.006), (hx + 0.005, hy + 0.06, hz + 0.006), "steel"
        ),
        *posts,
    )


def _bin_parts(at: tuple[float, float], colour: str) -> tuple[Part, ...]:
    x, y = at
    inner, outer, top = 0.5 * BIN_INSIDE, 0.5 * BIN_INSIDE + BIN_WALL, BIN_HEIGHT
    return (
        box_between((x - outer, y - outer, 0.0), (x + outer, y + outer, 0.005), colour),
        box_between((x - outer, y - outer, 0.005), (x - inner, y + outer, top), colour),
        box_between((x + inner, y - outer, 0.005), (x + outer, y + outer, top), colour),
        box_between((x - inner, y - outer, 0.005), (x + inner, y - inner, top), colour),
        box_between((x - inner, y + inner, 0.005), (x + inner, y + outer, top), colour),
    )


def _tray_parts() -> tuple[Part, ...]:
    x, y = TRAY_AT
    outer = 0.5 * TRAY_SIDE
    inner, base = outer - 0.006, 0.004
    return (
        box_between((x - outer, y - outer, 0.0), (x + outer, y + outer, base), "grey"),
        box_between((x - outer, y - outer, base), (x - inner, y + outer, TRAY_RIM), "grey"),
        box_between((x + inner, y - outer, base), (x + outer, y + outer, TRAY_RIM), "grey"),
        box_between((x - inner, y - outer, base), (x + inner, y - inner, TRAY_RIM), "grey"),
        box_between((x - inner, y + inner, base), (x + inner, y + outer, TRAY_RIM), "grey"),
    )
