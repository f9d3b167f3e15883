"""Dishes, cutlery and food."""

from math import cos, sin

from embodied_mem_envs.tabletop.parts import Part
from embodied_mem_envs.tabletop.solids import (
    BRIGHT_COLOURS,
    Raw,
    box,
    cylinder,
    egg,
    frustum,
    mark,
    one,
    ring,
)

_DISHES = ("white", "blue", "red", "green", "yellow")


def _can() -> tuple[Part, ...]:
    return (cylinder(0.045, 0.0694, 0.0), cylinder(0.022, 0.0006, 0.0694, "steel"))


def _mug() -> tuple[Part, ...]:
    handle = (
        box((0.014, 0.009, 0.008), (0.033, 0.0, 0.052)),
        box((0.014, 0.009, 0.008), (0.033, 0.0, 0.020)),
        box((0.007, 0.009, 0.040), (0.0415, 0.0, 0.036)),
    )
    return (
        cylinder(0.052, 0.006, 0.0),
        *ring(outer=0.056, wall=0.005, height=0.065, base=0.003),
        *handle,
    )


def _plate() -> tuple[Part, ...]:
    """A plate with a knob in the middle, as a cake stand has it, to take it by."""
    return (
        frustum(lower=0.085, upper=0.125, height=0.008, at=(0.0, 0.0, 0.004)),
        cylinder(0.026, 0.030, 0.008),
    )


def _bowl() -> tuple[Part, ...]:
    return (
        frustum(lower=0.044, upper=0.064, height=0.012, at=(0.0, 0.0, 0.006)),
        *ring(outer=0.068, wall=0.005, height=0.028, base=0.012),
    )


def _fork() -> tuple[Part, ...]:
    tines = (box((0.034, 0.005, 0.014), (0.055, y, 0.007)) for y in (-0.0095, 0.0, 0.0095))
    return (
        box((0.090, 0.014, 0.020), (-0.027, 0.0, 0.010)),
        box((0.022, 0.024, 0.016), (0.028, 0.0, 0.008)),
        *tines,
    )


def _spoon() -> tuple[Part, ...]:
    return (
        box((0.100, 0.014, 0.020), (-0.020, 0.0, 0.010)),
        egg((0.046, 0.034, 0.016), (0.050, 0.0, 0.008)),
    )


def _knife() -> tuple[Part, ...]:
    return (
        box((0.090, 0.016, 0.020), (-0.027, 0.0, 0.010)),
        box((0.055, 0.009, 0.018), (0.045, 0.0, 0.009), "steel"),
    )


def _bottle() -> tuple[Part, ...]:
    return (
        cylinder(0.044, 0.072, 0.0),
        frustum(lower=0.044, upper=0.020, height=0.014, at=(0.0, 0.0, 0.079)),
        cylinder(0.020, 0.014, 0.086, "white"),
    )


def _banana() -> tuple[Part, ...]:
    """Five straight pieces along a bow in the table's plane."""
    angles = [(-0.32 + 0.16 * k) for k in range(5)]
    widths = (0.018, 0.026, 0.028, 0.026, 0.016)
    return tuple(
        box(
            (0.034, width, width),
            (0.17 * sin(a), 0.17 * cos(a) - 0.17, 0.5 * width),
            turn=(0.0, 0.0, -a),
        )
        for a, width in zip(angles, widths, strict=True)
    )


def _jar() -> tuple[Part, ...]:
    return (
        cylinder(0.056, 0.020, 0.0),
        cylinder(0.056, 0.016, 0.020, "white"),
        cylinder(0.056, 0.024, 0.036),
    )


def _pear() -> tuple[Part, ...]:
    return (
        frustum(lower=0.034, upper=0.050, height=0.014, at=(0.0, 0.0, 0.007)),
        cylinder(0.050, 0.020, 0.014),
        frustum(lower=0.050, upper=0.030, height=0.012, at=(0.0, 0.0, 0.040)),
        frustum(lower=0.030, upper=0.018, height=0.016, at=(0.0, 0.0, 0.054)),
        mark((0.004, 0.004, 0.010), (0.0, 0.0, 0.066), "brown"),
    )


KITCHEN_KINDS: dict[str, Raw] = {
    "can": Raw(parts=_can(), colours=BRIGHT_COLOURS, mass=0.12, height=0.045),
    "mug": Raw(parts=_mug(), colours=_DISHES, mass=0.15, height=0.045, across="y", width=0.056),
    "cup": Raw(
        parts=(
            cylinder(0.054, 0.005, 0.0),
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
    "bottle": Raw(parts=_bottle(), colours=("green", "blue", "red"), mass=0.15, height=0.064),
    "jar": Raw(parts=_jar(), colours=("red", "orange", "purple"), mass=0.15, height=0.038),
    "banana": Raw(
        parts=_banana(), colours=("yellow",), mass=0.08, height=0.014, width=0.028, across="y"
    ),
    "apple": Raw(
        parts=(
            *one("ball", (0.056, 0.056, 0.056)),
            mark((0.004, 0.004, 0.012), (0.0, 0.0, 0.058), "brown"),
        ),
        colours=("red", "green"),
        mass=0.10,
        height=0.028,
        rolling=0.001,
    ),
    "lemon": Raw(
        parts=one("egg", (0.062, 0.045, 0.045)),
        colours=("yellow", "green"),
        mass=0.07,
        height=0.022,
        rolling=0.001,
    ),
    "pear": Raw(parts=_pear(), colours=("green", "yellow"), mass=0.09, height=0.026),
    "carrot": Raw(
        parts=(
            box((0.040, 0.026, 0.024), (-0.040, 0.0, 0.012)),
            box((0.040, 0.020, 0.020), (0.0, 0.0, 0.010)),
            box((0.030, 0.012, 0.014), (0.034, 0.0, 0.007)),
            box((0.016, 0.010, 0.012), (-0.067, 0.0, 0.014), "green"),
        ),
        colours=("orange", "purple"),
        mass=0.06,
        height=0.012,
        width=0.022,
    ),
}
