"""The shapes of the catalogue, drawn from their undersides up; `catalogue` centres them."""

from dataclasses import dataclass
from math import cos, pi, sin

from embodied_mem_envs.tabletop.parts import Part, Triple, frustum, ring

_TOY = ("red", "green", "blue", "yellow", "orange", "purple")
_BRIGHT = ("red", "green", "blue", "yellow")
_DISHES = ("white", "blue", "red", "green", "yellow")


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """A kind before its box is known; the origin is on its underside."""

    parts: tuple[Part, ...]
    colours: tuple[str, ...]
    mass: float
    height: float
    """Of the point between the finger tips in a grasp, m."""
    across: str = ""
    """Axis along which the fingers close; the shorter side of the box where empty."""
    width: float = 0.0
    """Distance of the fingers in a grasp; that side where 0, m."""
    rolling: float = 0.0
    friction: float = 0.6


def _box(size: Triple, at: Triple, colour: str = "", turn: Triple = (0.0, 0.0, 0.0)) -> Part:
    return Part(shape="box", size=size, at=at, colour=colour, turn=turn)


def _cylinder(
    width: float, height: float, base: float, colour: str = "", at: Triple = (0.0, 0.0, 0.0)
) -> Part:
    return Part(
        shape="cylinder", size=(width, width, height), colour=colour,
        at=(at[0], at[1], at[2] + base + 0.5 * height),
    )  # fmt: skip


def _drawn(size: Triple, at: Triple, colour: str) -> Part:
    """A mark that is seen but not felt."""
    return Part(shape="box", size=size, at=at, colour=colour, solid=False)


def _egg(size: Triple, at: Triple, colour: str = "") -> Part:
    """An ellipsoid as the hull of rings of points."""
    points = [
        (0.5 * size[0] * cos(a) * sin(b), 0.5 * size[1] * sin(a) * sin(b), 0.5 * size[2] * cos(b))
        for b in (pi * k / 10 for k in range(1, 10))
        for a in (2 * pi * k / 20 for k in range(20))
    ]
    ends = [(0.0, 0.0, -0.5 * size[2]), (0.0, 0.0, 0.5 * size[2])]
    return Part(shape="hull", size=size, at=at, colour=colour, points=(*points, *ends))


def _can() -> tuple[Part, ...]:
    lids = (_cylinder(0.041, 0.0006, z, "steel") for z in (0.0694,))
    return (_cylinder(0.045, 0.0694, 0.0), *lids)


def _mug() -> tuple[Part, ...]:
    handle = (
        _box((0.014, 0.009, 0.008), (0.033, 0.0, 0.052)),
        _box((0.014, 0.009, 0.008), (0.033, 0.0, 0.020)),
        _box((0.007, 0.009, 0.040), (0.0415, 0.0, 0.036)),
    )
    return (
        _cylinder(0.052, 0.006, 0.0),
        *ring(outer=0.056, wall=0.005, height=0.065, base=0.003),
        *handle,
    )


def _plate() -> tuple[Part, ...]:
    """A plate with a knob in the middle, as a cake stand has it, to take it by."""
    return (
        frustum(lower=0.085, upper=0.125, height=0.008, at=(0.0, 0.0, 0.004)),
        _cylinder(0.026, 0.030, 0.008),
    )


def _bowl() -> tuple[Part, ...]:
    return (
        frustum(lower=0.044, upper=0.064, height=0.012, at=(0.0, 0.0, 0.006)),
        *ring(outer=0.068, wall=0.005, height=0.028, base=0.012),
    )


def _fork() -> tuple[Part, ...]:
    tines = (_box((0.034, 0.005, 0.014), (0.055, y, 0.007)) for y in (-0.0095, 0.0, 0.0095))
    return (
        _box((0.090, 0.014, 0.020), (-0.027, 0.0, 0.010)),
        _box((0.022, 0.024, 0.016), (0.028, 0.0, 0.008)),
        *tines,
    )


def _spoon() -> tuple[Part, ...]:
    return (
        _box((0.100, 0.014, 0.020), (-0.020, 0.0, 0.010)),
        _egg((0.046, 0.034, 0.016), (0.050, 0.0, 0.008)),
    )


def _knife() -> tuple[Part, ...]:
    return (
        _box((0.090, 0.016, 0.020), (-0.027, 0.0, 0.010)),
        _box((0.055, 0.009, 0.018), (0.045, 0.0, 0.009), "steel"),
    )


def _lego() -> tuple[Part, ...]:
    studs = (
        _cylinder(0.010, 0.004, 0.026, at=(x, y, 0.0))
        for x in (-0.016, 0.0, 0.016)
        for y in (-0.008, 0.008)
    )
    return (_box((0.048, 0.032, 0.026), (0.0, 0.0, 0.013)), *studs)


def _bottle() -> tuple[Part, ...]:
    return (
        _cylinder(0.044, 0.072, 0.0),
        frustum(lower=0.044, upper=0.020, height=0.014, at=(0.0, 0.0, 0.079)),
        _cylinder(0.020, 0.014, 0.086, "white"),
    )


def _banana() -> tuple[Part, ...]:
    """Five straight pieces along a bow in the table's plane."""
    angles = [(-0.32 + 0.16 * k) for k in range(5)]
    widths = (0.018, 0.026, 0.028, 0.026, 0.016)
    return tuple(
        _box(
            (0.034, width, width),
            (0.17 * sin(a), 0.17 * cos(a) - 0.17, 0.5 * width),
            turn=(0.0, 0.0, -a),
        )
        for a, width in zip(angles, widths, strict=True)
    )


def _dice() -> tuple[Part, ...]:
    side, dot = 0.032, 0.006
    top = [(x * 0.009, y * 0.009) for x in (-1, 1) for y in (-1, 1)] + [(0.0, 0.0)]
    pips = (_drawn((dot, dot, 0.0006), (x, y, side), "black") for x, y in top)
    return (_box((side, side, side), (0.0, 0.0, 0.5 * side)), *pips)


def _book() -> tuple[Part, ...]:
    return (
        _box((0.092, 0.062, 0.018), (0.003, 0.0, 0.011), "white"),
        _box((0.100, 0.066, 0.003), (0.0, 0.0, 0.0015)),
        _box((0.100, 0.066, 0.003), (0.0, 0.0, 0.0215)),
        _box((0.006, 0.066, 0.017), (-0.047, 0.0, 0.0115)),
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
        _box((0.080, 0.040, 0.018), (0.0, 0.0, 0.018)),
        _box((0.042, 0.036, 0.016), (-0.004, 0.0, 0.035)),
        *wheels,
    )


def _arch() -> tuple[Part, ...]:
    return (
        _box((0.018, 0.034, 0.024), (-0.024, 0.0, 0.012)),
        _box((0.018, 0.034, 0.024), (0.024, 0.0, 0.012)),
        _box((0.066, 0.034, 0.020), (0.0, 0.0, 0.034)),
    )


def _jar() -> tuple[Part, ...]:
    return (_cylinder(0.056, 0.046, 0.0), _cylinder(0.056, 0.014, 0.046, "white"))


def _marker() -> tuple[Part, ...]:
    half = 0.009
    points = tuple(
        (x, half * sin(a), half * cos(a))
        for x in (-0.055, 0.055)
        for a in (pi / 6 + pi * k / 3 for k in range(6))
    )
    high = half * cos(pi / 6)
    body = Part(shape="hull", size=(0.11, 2 * half, 2 * high), at=(0.0, 0.0, high), points=points)
    return (body, _box((0.012, 0.008, 0.008), (0.058, 0.0, high), "black"))


def _teddy() -> tuple[Part, ...]:
    """A bear that sits, its legs forward."""
    legs = (_box((0.028, 0.016, 0.016), (0.017, y, 0.008)) for y in (-0.014, 0.014))
    arms = (_egg((0.014, 0.012, 0.024), (0.014, y, 0.028)) for y in (-0.015, 0.015))
    ears = (_egg((0.008, 0.014, 0.014), (-0.004, y, 0.060)) for y in (-0.012, 0.012))
    return (
        _box((0.030, 0.044, 0.040), (-0.007, 0.0, 0.020)),
        _egg((0.040, 0.040, 0.040), (-0.003, 0.0, 0.020)),
        _egg((0.032, 0.034, 0.032), (-0.003, 0.0, 0.050)),
        _drawn((0.004, 0.012, 0.010), (0.012, 0.0, 0.047), "white"),
        *legs,
        *arms,
        *ears,
    )


def _pear() -> tuple[Part, ...]:
    return (
        frustum(lower=0.034, upper=0.050, height=0.014, at=(0.0, 0.0, 0.007)),
        _cylinder(0.050, 0.020, 0.014),
        frustum(lower=0.050, upper=0.030, height=0.012, at=(0.0, 0.0, 0.040)),
        frustum(lower=0.030, upper=0.018, height=0.016, at=(0.0, 0.0, 0.054)),
        _drawn((0.004, 0.004, 0.010), (0.0, 0.0, 0.066), "brown"),
    )


def _soap() -> tuple[Part, ...]:
    return (
        _box((0.058, 0.034, 0.024), (0.0, 0.0, 0.012)),
        _box((0.066, 0.042, 0.016), (0.0, 0.0, 0.012)),
    )


def _mesh(file: str, size: Triple) -> tuple[Part, ...]:
    return (Part(shape="mesh", size=size, at=(0.0, 0.0, 0.5 * size[2]), file=file),)


def _one(shape: str, size: Triple) -> tuple[Part, ...]:
    at = (0.0, 0.0, 0.5 * size[2])
    if shape == "egg":
        return (_egg(size, at),)
    return (Part(shape="ball" if shape == "ball" else "box", size=size, at=at),)


RAW_KINDS: dict[str, Raw] = {
    "block": Raw(parts=_one("box", (0.04, 0.04, 0.04)), colours=_TOY, mass=0.06, height=0.022),
    "can": Raw(parts=_can(), colours=_BRIGHT, mass=0.12, height=0.045),
    "ball": Raw(
        parts=_one("ball", (0.045, 0.045, 0.045)),
        colours=("red", "blue", "yellow"),
        mass=0.05,
        height=0.0225,
        rolling=0.001,
    ),
    "brick": Raw(parts=_one("box", (0.06, 0.03, 0.03)), colours=_TOY, mass=0.05, height=0.017),
    "mug": Raw(parts=_mug(), colours=_DISHES, mass=0.15, height=0.045, across="y", width=0.056),
    "cup": Raw(
        parts=(
            _cylinder(0.054, 0.005, 0.0),
            *ring(outer=0.058, wall=0.005, height=0.056, base=0.002),
        ),
        colours=_DISHES,
        mass=0.08,
        height=0.036,
    ),
    "plate": Raw(parts=_plate(), colours=_DISHES, mass=0.15, height=0.026, width=0.026),
    "bowl": Raw(parts=_bowl(), colours=_DISHES, mass=0.12, height=0.026),
    "fork": Raw(
        parts=_fork(), colours=("steel", "red", "blue"), mass=0.05, height=0.012, width=0.014
    ),
    "spoon": Raw(
        parts=_spoon(), colours=("steel", "red", "blue"), mass=0.05, height=0.012, width=0.014
    ),
    "knife": Raw(
        parts=_knife(), colours=("red", "blue", "black"), mass=0.05, height=0.012, width=0.016
    ),
    "duck": Raw(
        parts=_mesh("duck_vhacd.obj", (0.074, 0.052, 0.070)),
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
    "lego": Raw(parts=_lego(), colours=_BRIGHT, mass=0.04, height=0.016),
    "sponge": Raw(
        parts=(
            _box((0.075, 0.050, 0.022), (0.0, 0.0, 0.011)),
            _box((0.075, 0.050, 0.008), (0.0, 0.0, 0.026), "green"),
        ),
        colours=("yellow", "pink", "orange"),
        mass=0.03,
        height=0.016,
        friction=0.8,
    ),
    "bottle": Raw(parts=_bottle(), colours=("green", "blue", "red"), mass=0.15, height=0.064),
    "box": Raw(
        parts=_one("box", (0.070, 0.045, 0.050)),
        colours=("brown", *_BRIGHT),
        mass=0.10,
        height=0.028,
    ),
    "banana": Raw(
        parts=_banana(), colours=("yellow",), mass=0.08, height=0.014, width=0.028, across="y"
    ),
    "apple": Raw(
        parts=(
            *_one("ball", (0.056, 0.056, 0.056)),
            _drawn((0.004, 0.004, 0.012), (0.0, 0.0, 0.058), "brown"),
        ),
        colours=("red", "green"),
        mass=0.10,
        height=0.028,
        rolling=0.001,
    ),
    "lemon": Raw(
        parts=_one("egg", (0.062, 0.045, 0.045)),
        colours=("yellow", "green"),
        mass=0.07,
        height=0.022,
        rolling=0.001,
    ),
    "pear": Raw(parts=_pear(), colours=("green", "yellow"), mass=0.09, height=0.026),
    "carrot": Raw(
        parts=(
            _box((0.040, 0.026, 0.024), (-0.040, 0.0, 0.012)),
            _box((0.040, 0.020, 0.020), (0.0, 0.0, 0.010)),
            _box((0.030, 0.012, 0.014), (0.034, 0.0, 0.007)),
            _box((0.016, 0.010, 0.012), (-0.067, 0.0, 0.014), "green"),
        ),
        colours=("orange", "purple"),
        mass=0.06,
        height=0.012,
        width=0.022,
    ),
    "candle": Raw(
        parts=(
            _cylinder(0.036, 0.070, 0.0),
            _drawn((0.003, 0.003, 0.008), (0.0, 0.0, 0.074), "black"),
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
    "book": Raw(parts=_book(), colours=_BRIGHT, mass=0.12, height=0.014),
    "car": Raw(parts=_car(), colours=_BRIGHT, mass=0.08, height=0.022, width=0.040),
    "arch": Raw(parts=_arch(), colours=_TOY, mass=0.06, height=0.030),
    "soap": Raw(parts=_soap(), colours=("pink", "white", "green"), mass=0.06, height=0.013),
    "jar": Raw(parts=_jar(), colours=("red", "orange", "purple"), mass=0.15, height=0.038),
    "ring": Raw(
        parts=ring(outer=0.066, wall=0.016, height=0.022, base=0.0),
        colours=_BRIGHT,
        mass=0.05,
        height=0.013,
    ),
    "phone": Raw(
        parts=(
            _box((0.075, 0.040, 0.014), (0.0, 0.0, 0.007)),
            _drawn((0.064, 0.032, 0.0006), (0.0, 0.0, 0.014), "grey"),
        ),
        colours=("black", "white", "red"),
        mass=0.08,
        height=0.010,
    ),
}
"""All shapes by kind."""

OBSTACLE_KIND = Raw(parts=_one("box", (0.05, 0.20, 0.40)), colours=("brown",), mass=0.0, height=0.2)
"""The box that someone puts in the way; nothing to grasp, so not in the catalogue."""
