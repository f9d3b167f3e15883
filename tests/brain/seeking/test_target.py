"""What is sought, read from words and pictures."""

import numpy as np
import pytest

from embodied_mem.brain.seeking.likelihood import is_portable, relevance, room_shares
from embodied_mem.brain.seeking.picture import GoalPicture
from embodied_mem.brain.seeking.target import read_target


@pytest.mark.parametrize(
    ("text", "category", "room"),
    [
        ("Find a chair.", "chair", None),
        ("Please go to the red mug in the kitchen and stop there.", "mug", "kitchen"),
        ("Where was this picture of the refrigerator taken? Go there.", "refrigerator", None),
        ("Go to the washbasin that this picture shows.", "washbasin", None),
        ("I need a stove. Go there.", "stove", None),
    ],
)
def test_orders_and_wishes_name_a_thing(text: str, category: str, room: str | None) -> None:
    target = read_target(text)
    assert target is not None
    assert target.categories[0] == category
    named = target.question.room
    assert (named.category if named is not None else None) == room


def test_what_names_no_thing_is_no_target() -> None:
    assert read_target("Find what is in the middle of this picture.") is None


def test_a_named_room_is_where_to_look() -> None:
    target = read_target("Go to the chair in the bathroom.")
    assert target is not None
    assert max(target.shares, key=lambda name: target.shares[name]) == "bathroom"


def test_small_things_lie_on_furniture_and_heavy_ones_do_not() -> None:
    mug, bathtub = read_target("find a mug"), read_target("find a bathtub")
    assert mug is not None
    assert bathtub is not None
    assert mug.holds("kitchen counter") > 0.0
    assert mug.holds("mug") == 0.0
    assert bathtub.holds("kitchen counter") == 0.0
    assert is_portable("mug")
    assert not is_portable("bathtub")


def test_a_room_of_the_right_kind_is_worth_more() -> None:
    shares = room_shares(["toilet"])
    assert relevance(shares, {}) == pytest.approx(1.0)
    assert relevance(shares, {"bathtub": 1.0}) > 3.0 > 0.5 > relevance(shares, {"bed": 1.0})


def test_the_middle_of_a_picture_tells_the_colour() -> None:
    picture = np.full((64, 64, 3), 235, np.uint8)
    picture[20:44, 20:44] = (200, 30, 30)
    goal = GoalPicture(picture)
    assert goal.likeness("red") == 1.0
    assert goal.likeness("red") > 1.5 * goal.likeness("white")
    assert goal.likeness("blue") < 0.2
    assert goal.likeness("no colour") < 0.1
