"""Toys and what else lies about."""

from math import cos, pi, sin

from embodied_mem_envs.tabletop.parts import Part
from embodied_mem_envs.tabletop.solids import (
    BRIGHT_COLOURS,
    COLOURS,
    Raw,
    box,
    cylinder,
    egg,
    mark,
    mesh,
    one,
    ring,
)


def _lego() -> tuple[Part, ...]:
    studs = (
        cylinder(0.010, 0.004, 0.026, at=(x, y, 0.0))
        for x in (-0.016, 0.0, 0.016)
        for y in (-0.008, 0.008)
    )
    return (box((0.048, 0.032, 0.026), (0.0, 0.0, 0.013)), *studs)


def _dice() -> tuple[Part, ...]:
    side, dot = 0.032, 0.006
    top = [(x * 0.009, y * 0.009) for x in (-1, 1) for y in (-1, 1)] + [(0.0, 0.0)]
    pips = (mark((dot, dot, 0.0006), (x, y, side), "black") for x, y in top)
    return (box((side, side, side), (0.0, 0.0, 0.5 * side)), *pips)


def _book() -> tuple[Part, ...]:
    return (
        box((0.092, 0.062, 0.018), (0.003, 0.0, 0.011), "white"),
        box((0.100, 0.066, 0.003), (0.0, 0.0, 0.0015)),
        box((0.100, 0.066, 0.003), (0.0, 0.0, 0.0215)),
        box((0.006, 0.066, 0.017), (-0.047, 0.0, 0.0115)),
    )


def _car() -> tuple[Part, ...]:
    wheels = (
        Part(
            shape="cylinder",
            size=(0.018, 0.018, 0.008),
            at=(x, y, 0.009),
            turn=(pi / 2, 0.0, 0.0),
            colour="black",
        )
        for x in (-0.024, 0.024)
        for y in (-0.018, 0.018)
    )
    return (
        box((0.080, 0.040, 0.018), (0.0, 0.0, 0.018)),
        box((0.042, 0.036, 0.016), (-0.004, 0.0, 0.035)),
        *wheels,
    )


def _arch() -> tuple[Part, ...]:
    return (
        box((0.018, 0.034, 0.024), (-0.024, 0.0, 0.012)),
        box((0.018, 0.034, 0.024), (0.024, 0.0, 0.012)),
        box((0.066, 0.034, 0.020), (0.0, 0.0, 0.034)),
    )


def _marker() -> tuple[Part, ...]:
    half = 0.009
    points = tuple(
        (x, half * sin(a), half * cos(a))
        for x in (-0.055, 0.055)
        for a in (pi / 6 + pi * k / 3 for k in range(6))
    )
    high = half * cos(pi / 6)
    body = Part(shape="hull", size=(0.11, 2 * half, 2 * high), at=(0.0, 0.0, high), points=points)
    return (body, box((0.012, 0.008, 0.008), (0.058, 0.0, high), "black"))


def _teddy() -> tuple[Part, ...]:
    """A bear that sits, its legs forward."""
    legs = (box((0.028, 0.016, 0.016), (0.017, y, 0.008)) for y in (-0.014, 0.014))
    arms = (egg((0.014, 0.012, 0.024), (0.014, y, 0.028)) for y in (-0.015, 0.015))
    ears = (egg((0.008, 0.014, 0.014), (-0.004, y, 0.060)) for y in (-0.012, 0.012))
    return (
        box((0.030, 0.044, 0.040), (-0.007, 0.0, 0.020)),
        egg((0.040, 0.040, 0.040), (-0.003, 0.0, 0.020)),
        egg((0.032, 0.034, 0.032), (-0.003, 0.0, 0.050)),
        mark((0.004, 0.012, 0.010), (0.012, 0.0, 0.047), "white"),
        *legs,
        *arms,
        *ears,
    )


def _soap() -> tuple[Part, ...]:
    return (
        box((0.058, 0.034, 0.024), (0.0, 0.0, 0.012)),
        box((0.066, 0.042, 0.016), (0.0, 0.0, 0.012)),
    )


TOY_KINDS: dict[str, Raw] = {
    "block": Raw(parts=one("box", (0.04, 0.04, 0.04)), colours=COLOURS, mass=0.06, height=0.022),
    "ball": Raw(
        parts=one("ball", (0.045, 0.045, 0.045)),
        colours=("red", "blue", "yellow"),
        mass=0.05,
        height=0.0225,
        rolling=0.001,
    ),
    "brick": Raw(parts=one("box", (0.06, 0.03, 0.03)), colours=COLOURS, mass=0.05, height=0.017),
    "duck": Raw(
        parts=mesh("duck_vhacd.obj", (0.074, 0.052, 0.070)),
        colours=("yellow", "white", "blue"),
        mass=0.08,
        height=0.035,
    ),
    "teddy": Raw(
        parts=_teddy(),
        colours=("brown", "white", "pink"),
        mass=0.06,
        height=0.031,
        width=0.044,
        across="y",
    ),
    "lego": Raw(parts=_lego(), colours=BRIGHT_COLOURS, mass=0.04, height=0.016),
    "sponge": Raw(
        parts=(
            box((0.075, 0.050, 0.022), (0.0, 0.0, 0.019)),
            box((0.075, 0.050, 0.008), (0.0, 0.0, 0.004), "green"),
        ),
        colours=("yellow", "pink", "orange"),
        mass=0.03,
        height=0.016,
        friction=0.8,
    ),
    "box": Raw(
        parts=one("box", (0.070, 0.045, 0.050)),
        colours=("brown", *BRIGHT_COLOURS),
        mass=0.10,
        height=0.028,
    ),
    "candle": Raw(
        parts=(
            cylinder(0.036, 0.070, 0.0),
            mark((0.003, 0.003, 0.008), (0.0, 0.0, 0.074), "black"),
        ),
        colours=("white", "pink", "purple", "red"),
        mass=0.08,
        height=0.042,
    ),
    "marker": Raw(
        parts=_marker(),
        colours=("black", "red", "blue", "green"),
        mass=0.03,
        height=0.010,
        width=0.018,
    ),
    "dice": Raw(parts=_dice(), colours=("white", "red"), mass=0.03, height=0.018),
    "book": Raw(parts=_book(), colours=BRIGHT_COLOURS, mass=0.12, height=0.014),
    "car": Raw(parts=_car(), colours=BRIGHT_COLOURS, mass=0.08, height=0.022, width=0.040),
    "arch": Raw(parts=_arch(), colours=COLOURS, mass=0.06, height=0.030),
    "soap": Raw(parts=_soap(), colours=("pink", "white", "green"), mass=0.06, height=0.013),
    "ring": Raw(
        parts=ring(outer=0.066, wall=0.016, height=0.022, base=0.0),
        colours=BRIGHT_COLOURS,
        mass=0.05,
        height=0.013,
    ),
    "phone": Raw(
        parts=(
            box((0.075, 0.040, 0.014), (0.0, 0.0, 0.007)),
            mark((0.016, 0.016, 0.0006), (0.025, 0.008, 0.014), "grey"),
        ),
        colours=("black", "white", "red"),
        mass=0.08,
        height=0.010,
    ),
}
