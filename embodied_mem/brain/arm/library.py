"""The skills of an arm as a planner sees them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from embodied_mem.brain.arm.bumps import Bumps
from embodied_mem.brain.arm.config import HandConfig
from embodied_mem.brain.arm.drawers import Slide
from embodied_mem.brain.arm.hand_over import HandOver
from embodied_mem.brain.arm.hand_skill import HandSkill, Workplace
from embodied_mem.brain.arm.look import Home, Look
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.arm.pick import Pick
from embodied_mem.brain.arm.place import Place
from embodied_mem.brain.arm.planner import Planner
from embodied_mem.brain.arm.push import Push
from embodied_mem.brain.arm.tilt import Tilt
from embodied_mem.brain.arm.wipe import Wipe
from embodied_mem.brain.skill import Argument, Parameter, Skill, SkillLibrary, SkillSpec
from embodied_mem.robots.arm import WorkCell

ANY_YAW = 10.0
"""Stands for `any` where a turn of a box may be asked for, rad."""
_Make = Callable[[Workplace, Mapping[str, Argument]], HandSkill]


def arm_skills(
    model: ArmModel, cell: WorkCell, *, config: HandConfig | None = None, speed: float | None = None
) -> SkillLibrary:
    """Returns the skills of an arm in a work cell.

    Args:
        model: The arm's kinematics.
        cell: The fixtures.
        config: Speeds, forces and patience.
        speed: Share of the joints' highest speeds; the config's where None.
    """
    config = config if config is not None else HandConfig()
    if speed is not None:
        slower = min(1.0, speed / config.limits.speed) * config.carrying.speed
        config = replace(
            config,
            limits=replace(config.limits, speed=speed),
            carrying=replace(config.carrying, speed=slower),
        )
    workplace = Workplace(
        model=model,
        cell=cell,
        planner=Planner(model, cell, config.limits),
        config=config,
        bumps=Bumps(model),
    )
    specs = (
        _pick, _place, _push, _open, _close, _tilt, _wipe, _hand_over, _look, _home,
    )  # fmt: skip
    return {spec.name: spec for spec in (build(workplace) for build in specs)}


def _spec(
    workplace: Workplace,
    name: str,
    help: str,
    parameters: Mapping[str, Parameter],
    make: _Make,
    **more: Any,
) -> SkillSpec:
    def build(arguments: Mapping[str, Argument]) -> Skill[Any]:
        return make(workplace, arguments)

    return SkillSpec(name=name, help=help, parameters=parameters, make=build, **more)


def _pick(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "pick",
        "Take a thing with the empty hand from straight above and lift it.",
        {
            "target": Parameter(type="entity", help="the thing"),
            "shift": _small("offset of the hand along the fingers' breadth, m", 0.015),
            "higher": Parameter(
                type="number", help="how much higher it is gripped, m",
                default=0.0, low=-0.002, high=0.01,
            ),
            "turn": _small("turn of the fingers from the best direction, rad", 0.5),
        },
        lambda place, given: Pick(
            place,
            _text(given, "target"),
            shift=_number(given, "shift"),
            higher=_number(given, "higher"),
            turn=_number(given, "turn"),
        ),
        jitter={"shift": 0.004, "higher": 0.002, "turn": 0.12},
    )  # fmt: skip


def _place(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "place",
        "Put what is held onto a thing, into a bin, tray, drawer or zone, or at a point.",
        {
            "target": Parameter(type="entity", help="what is held"),
            "destination": Parameter(
                type="entity", help="a thing to put it on, or a fixture", default=""
            ),
            "point": Parameter(
                type="point", help="x, y and height of the support, m", default=()
            ),
            "yaw": Parameter(
                type="number", help="turn of its box at a point, rad; 10 for any",
                default=ANY_YAW, low=-10.0, high=ANY_YAW,
            ),
            "shift_x": _small("added to the spot's x, m", 0.03),
            "shift_y": _small("added to the spot's y, m", 0.03),
        },
        _make_place,
        instead=("push",),
        jitter={"shift_x": 0.005, "shift_y": 0.005},
    )  # fmt: skip


def _make_place(workplace: Workplace, given: Mapping[str, Argument]) -> HandSkill:
    yaw = _number(given, "yaw", ANY_YAW)
    return Place(
        workplace,
        _text(given, "target"),
        destination=_text(given, "destination"),
        point=_point(given),
        yaw=float("nan") if yaw == ANY_YAW else yaw,
        shift=(_number(given, "shift_x"), _number(given, "shift_y")),
    )


def _push(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "push",
        "Slide a thing along the table with the empty, closed hand.",
        {
            "target": Parameter(type="entity", help="the thing"),
            "point": Parameter(type="point", help="x and y to push its middle to, m", default=()),
            "destination": Parameter(
                type="entity", help="a zone to push it into where no point is given", default=""
            ),
        },
        lambda place, given: Push(
            place,
            _text(given, "target"),
            point=_point(given),
            destination=_text(given, "destination"),
        ),
    )


def _open(workplace: Workplace) -> SkillSpec:
    return _slide(workplace, "open", "Pull a drawer open by its handle with the empty hand.", True)


def _close(workplace: Workplace) -> SkillSpec:
    return _slide(workplace, "close", "Push a drawer shut with the empty hand.", False)


def _slide(workplace: Workplace, name: str, help: str, opens: bool) -> SkillSpec:
    return _spec(
        workplace,
        name,
        help,
        {"drawer": Parameter(type="entity", help="the drawer")},
        lambda place, given: Slide(place, _text(given, "drawer"), opens=opens),
    )


def _tilt(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "tilt",
        "Tip what is held over a thing or fixture, as one pours, and set it upright again.",
        {
            "target": Parameter(type="entity", help="what is held"),
            "destination": Parameter(type="entity", help="what it is tipped over"),
            "angle": Parameter(type="number", help="how far, rad", default=1.75, low=0.3, high=2.2),
            "seconds": Parameter(
                type="number", help="how long it stays tipped, s", default=0.8, low=0.0, high=10.0
            ),
        },
        lambda place, given: Tilt(
            place,
            _text(given, "target"),
            destination=_text(given, "destination"),
            angle=_number(given, "angle", 1.75),
            seconds=_number(given, "seconds", 0.8),
        ),
    )


def _wipe(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "wipe",
        "Wipe an empty zone with what is held, or with closed fingers.",
        {"zone": Parameter(type="entity", help="the zone or tray")},
        lambda place, given: Wipe(place, _text(given, "zone")),
    )


def _hand_over(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "hand_over",
        "Hold out what is held above the tray until somebody takes it, or set it down there.",
        {
            "target": Parameter(type="entity", help="what is held"),
            "tray": Parameter(type="entity", help="where the person is", default="tray"),
        },
        lambda place, given: HandOver(
            place, _text(given, "target"), tray=_text(given, "tray") or "tray"
        ),
        instead=("place",),
    )


def _look(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "look",
        "Hold the wrist camera above a place; without one, clear the front camera's view.",
        {"place": Parameter(type="entity", help="a thing or fixture", default="")},
        _make_look,
    )


def _make_look(workplace: Workplace, given: Mapping[str, Argument]) -> HandSkill:
    place = _text(given, "place")
    return Look(workplace, place) if place else Home(workplace)


def _home(workplace: Workplace) -> SkillSpec:
    return _spec(
        workplace,
        "home",
        "Take the arm out of the front camera's view.",
        {},
        lambda place, given: Home(place),
    )


def _small(help: str, limit: float) -> Parameter:
    return Parameter(type="number", help=help, default=0.0, low=-limit, high=limit)


def _text(given: Mapping[str, Argument], name: str) -> str:
    return str(given.get(name, ""))


def _number(given: Mapping[str, Argument], name: str, otherwise: float = 0.0) -> float:
    value = given.get(name, otherwise)
    return otherwise if isinstance(value, str | tuple) else float(value)


def _point(given: Mapping[str, Argument]) -> tuple[float, ...]:
    value = given.get("point", ())
    return tuple(float(each) for each in value) if isinstance(value, tuple) else ()
