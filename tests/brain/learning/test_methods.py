"""Subtrees with holes: what goes out comes in again, by the grammar and never as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.brain.learning.methods.template import (
    Filling,
    Names,
    NotGeneralError,
    Spot,
    abstract,
    abstract_condition,
    fill,
    fill_condition,
)
from embodied_mem.brain.learning.methods.transfer import operator_for
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.schema import Handler, Step, Task
from embodied_mem.brain.plan.walk import steps, walk

MOVE = Task(
    id="move_red_block_2",
    goal="put the red block 2 at (0.41, -0.12)",
    children=(
        Step(id="pick_red_block_2", skill="pick", args={"target": "red_block_2"}),
        Step(
            id="place_red_block_2_3",
            skill="place",
            args={"target": "red_block_2", "point": (0.41, -0.12, 0.0), "yaw": 0.3},
            invariant=("holding(red_block_2) or at(red_block_2, 0.41, -0.12, tol=0.08)",),
            post=("at(red_block_2, 0.410, -0.120, tol=0.03)",),
            handlers=(
                Handler(when="not holding(red_block_2)", level="backtrack", to="pick_red_block_2"),
            ),
        ),
    ),
    post=('at(red_block_2, 0.41, -0.12) and count(colour="red_block_2") == 0',),
)


def test_a_move_is_made_anew_for_another_thing_at_another_spot() -> None:
    general = abstract(MOVE, {"red_block_2": "thing"}, [Spot(0.41, -0.12, 0.3)])
    names = Names()
    filling = Filling(things={"thing": "mug"}, spots=[Spot(0.3, 0.2)])
    for suffix in ("", "_2"):
        made = fill(general, filling, names)
        assert [node.id for node in walk(made)] == [
            f"move_mug{suffix}",
            f"pick_mug{suffix}",
            f"place_mug{suffix}",
        ]
        pick, place = steps(made)
        assert place.args == {"target": "mug", "point": (0.3, 0.2, 0.0)}
        assert place.handlers[0].to == pick.id
        assert place.handlers[0].when == "not holding(mug)"
        assert place.invariant == ("holding(mug) or at(mug, 0.3, 0.2, tol=0.08)",)
        # A text that happens to look like an id is a text.
        assert made.post == ('at(mug, 0.3, 0.2) and count(colour="red_block_2") == 0',)
    assert isinstance(made, Task) and made.goal == "put the mug at (0.30, 0.20)"


def test_an_id_within_another_one_is_left_alone() -> None:
    text = "on(red_block, red_block_2) and not touching(red_block_2, red_block_22)"
    general = abstract_condition(text, {"red_block": "thing", "red_block_22": "holder"})
    assert general == "on(hole_thing, red_block_2) and not touching(red_block_2, hole_holder)"
    filled = fill_condition(general, Filling(things={"thing": "a", "holder": "b"}))
    assert filled == "on(a, red_block_2) and not touching(red_block_2, b)"


def test_what_is_known_in_one_scene_alone_is_refused() -> None:
    with pytest.raises(NotGeneralError, match="mug is known in this scene alone"):
        abstract_condition("near(duck, mug)", {"duck": "thing"}, foreign=lambda name: name == "mug")
    with pytest.raises(
        NotGeneralError, match=r"nothing tells why it is the point \(0.410, -0.120\)"
    ):
        abstract(MOVE, {"red_block_2": "thing"}, [Spot(0.5, 0.0)])


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_spots_keep_their_place_to_a_millimetre(x: float, y: float, dx: float, dy: float) -> None:
    text = f"at(mug, {x + dx:.4f}, {y + dy:.4f}, tol=0.03)"
    general = abstract_condition(text, {"mug": "thing"}, [Spot(x, y)])
    filled = fill_condition(general, Filling(things={"thing": "cup"}, spots=[Spot(y, x)]))
    call = parse_condition(filled).expression
    values = dict(call.arguments)  # type: ignore[union-attr]
    assert abs(values["x"].value - y) <= 0.00051 and abs(values["y"].value - x) <= 0.00051
    assert values["tol"].value == 0.03


def test_who_puts_things_into_bins_can_put_them_on_spots_and_back() -> None:
    step = Step(
        id="place_<thing>",
        skill="place",
        args={"target": "hole_thing", "destination": "hole_holder"},
        invariant=("holding(hole_thing) or above(hole_thing, hole_holder)",),
        post=("not holding(hole_thing)", "inside(hole_thing, hole_holder)"),
    )
    aside = operator_for("aside", {"in:bin": step})
    assert aside is not None
    filling = Filling(things={"thing": "mug", "holder": "tray"}, spots=[Spot(0.3, 0.2, 1.0)])
    made = fill(aside, filling, Names())
    assert isinstance(made, Step)
    assert made.args == {"target": "mug", "point": (0.3, 0.2, 0.0), "yaw": 1.0}
    assert made.invariant == ("holding(mug) or at(mug, 0.3, 0.2, tol=0.08)",)
    assert made.post == ("not holding(mug)", "at(mug, 0.3, 0.2, tol=0.03)")
    back = operator_for("in:tray", {"aside": aside})
    assert back is not None
    again = fill(back, filling, Names())
    assert isinstance(again, Step)
    assert again.args == {"target": "mug", "destination": "tray"}
    assert again.post == ("not holding(mug)", "inside(mug, tray)")
    assert operator_for("on", {"in:bin": step}) is None
    assert operator_for("find", {"in:bin": step}) is None
