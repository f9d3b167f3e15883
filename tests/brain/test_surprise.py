"""What counts as a surprise, and what the brain did itself."""

import numpy as np
import pytest

from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.brain.surprise import Surprises
from embodied_mem.robots.arm import ArmState


def thing(x: float, y: float, **changes: object) -> Entity:
    fields: dict[str, object] = {
        "id": "red_block",
        "kind": "object",
        "category": "block",
        "colour": "red",
        "position": np.array([x, y, 0.02]),
        "size": np.array([0.04, 0.04, 0.04]),
    }
    return Entity(**(fields | changes))  # type: ignore[arg-type]


def hand(x: float = 0.3, y: float = 0.0, z: float = 0.4, **changes: object) -> Hand:
    fields: dict[str, object] = {"yaw": 0.0, "opening": 0.08, "grip": 0.0, "contact": 0.0}
    return Hand(position=np.array([x, y, z]), **(fields | changes))  # type: ignore[arg-type]


def state(tick: int, entity: Entity, where: Hand | None = None) -> State:
    return State(
        tick=tick, seconds=0.005 * tick, entities={entity.id: entity}, hand=where or hand()
    )


def arm(tick: int, opening: float = 0.08, grip: float = 0.0) -> ArmState:
    rest = np.zeros(7)
    return ArmState(
        tick=tick,
        joints=rest,
        velocities=rest,
        efforts=rest,
        opening=opening,
        grip=grip,
        contact=0.0,
    )


@pytest.fixture
def surprises() -> Surprises:
    return Surprises(seconds_per_tick=0.005)


def kinds(surprises: Surprises) -> list[str]:
    return [each.kind for each in surprises.noted]


def test_what_stays_is_no_surprise(surprises: Surprises) -> None:
    before = state(60, thing(0.4, 0.1))
    surprises.feel(arm(60), before)
    surprises.see(before, state(60, thing(0.405, 0.1)), shown=True)
    assert surprises.noted == []


def test_a_thing_that_someone_moved(surprises: Surprises) -> None:
    before = state(60, thing(0.4, 0.1))
    surprises.feel(arm(60), before)
    surprises.see(before, state(60, thing(0.4, 0.15)), shown=True)
    assert kinds(surprises) == ["moved"] and "5 cm" in surprises.noted[0].detail


def test_what_the_hand_touched_may_have_moved_a_little(surprises: Surprises) -> None:
    near = hand(0.41, 0.1, 0.03)
    before = state(60, thing(0.4, 0.1), near)
    surprises.feel(arm(60), before)
    surprises.see(before, state(60, thing(0.4, 0.15), near), shown=True)
    assert surprises.noted == []
    surprises.see(before, state(120, thing(0.4, 0.3), near), shown=True)
    assert kinds(surprises) == ["moved"]


def test_what_was_let_go_may_roll_for_a_moment(surprises: Surprises) -> None:
    held = state(10, thing(0.4, 0.1, place="hand"), hand(holding="red_block"))
    surprises.feel(arm(10), held)
    released = state(20, thing(0.4, 0.1))
    surprises.feel(arm(20), released)
    surprises.see(released, state(60, thing(0.4, 0.2)), shown=True)
    assert surprises.noted == []
    surprises.see(state(600, thing(0.4, 0.2)), state(600, thing(0.4, 0.3)), shown=True)
    assert kinds(surprises) == ["moved"]


def test_a_thing_that_is_gone(surprises: Surprises) -> None:
    before = state(60, thing(0.4, 0.1))
    surprises.feel(arm(60), before)
    gone = state(60, thing(0.4, 0.1, missing=True, visible=False))
    surprises.see(before, gone, shown=True)
    assert surprises.noted == []
    surprises.see(gone, gone, shown=True)
    surprises.see(gone, gone, shown=True)
    assert kinds(surprises) == ["vanished"]


def test_darkness_is_told_once_until_there_is_light(surprises: Surprises) -> None:
    same = state(60, thing(0.4, 0.1))
    for shown in (False, False, True, False):
        surprises.see(same, same, shown=shown)
    assert kinds(surprises) == ["blind", "blind"]


@pytest.mark.parametrize(("yaw", "opening", "expected"), [
    (0.0, 0.041, []),
    (0.0, 0.055, ["misfit"]),
    (np.pi / 4, 0.056, []),
])  # fmt: skip
def test_fingers_that_touch_too_soon(
    surprises: Surprises, yaw: float, opening: float, expected: list[str]
) -> None:
    around = hand(0.4, 0.1, 0.02, yaw=yaw)
    surprises.feel(arm(60), state(60, thing(0.4, 0.1), around))
    surprises.feel(arm(61, opening, grip=5.0), state(61, thing(0.4, 0.1), around))
    surprises.feel(arm(62, opening, grip=9.0), state(62, thing(0.4, 0.1), around))
    assert kinds(surprises) == expected


def test_a_thing_in_a_drawer_moves_with_it(surprises: Surprises) -> None:
    drawer = thing(0.8, 0.1, id="left_drawer", kind="drawer", category="drawer")

    def of(entity: Entity) -> State:
        entities = {each.id: each for each in (drawer, entity)}
        return State(tick=60, seconds=0.3, entities=entities, hand=hand())

    before = of(thing(0.8, 0.1, place="left_drawer"))
    surprises.feel(arm(60), before)
    surprises.see(before, of(thing(0.62, 0.1, place="left_drawer")), shown=True)
    gone = thing(0.8, 0.1, place="left_drawer", missing=True, visible=False)
    surprises.see(before, of(gone), shown=True)
    assert surprises.noted == []


def test_something_tall_comes_up(surprises: Surprises) -> None:
    before = state(60, thing(0.4, 0.1))
    size = np.array([0.1, 0.1, 0.24])
    box = thing(0.4, -0.2, id="brown_thing", category="thing", size=size)
    after = State(tick=60, seconds=0.3, entities={**before.entities, box.id: box}, hand=before.hand)
    surprises.feel(arm(60), before)
    surprises.see(before, after, shown=True)
    assert surprises.noted == []  # it may be part of the arm
    surprises.see(after, after, shown=True)
    surprises.see(after, after, shown=True)
    assert kinds(surprises) == ["obstacle"]
