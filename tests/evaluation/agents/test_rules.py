"""The published rules of the memories that ours is compared with."""

from collections.abc import Callable

import numpy as np
import pytest

from embodied_mem.brain.seeking.target import read_target
from embodied_mem_envs.evaluation.agents.peers.captions import WINDOW, Captions
from embodied_mem_envs.evaluation.agents.peers.detections import DetectionRules, accepted
from embodied_mem_envs.evaluation.agents.peers.frames import Frames, FramesConfig
from embodied_mem_envs.evaluation.agents.peers.kept import KeptMemory
from embodied_mem_envs.evaluation.agents.peers.look import Look, Shown
from embodied_mem_envs.evaluation.agents.peers.object_list import ObjectList
from embodied_mem_envs.evaluation.agents.peers.three_d_mem import ThreeDMem, ranked_classes
from embodied_mem_envs.evaluation.agents.peers.views import ViewClock


def shown(instance: int, category: str = "mug", x: float = 1.0, **changes: object) -> Shown:
    """One sighting, 1 m ahead unless said otherwise."""
    values: dict[str, object] = {
        "instance": instance,
        "category": category,
        "colour": np.eye(12, dtype=np.float32)[0],
        "low": np.array([x, 0.0, 0.8]),
        "high": np.array([x + 0.1, 0.1, 0.9]),
        "share": 0.02,
        "box_share": 0.03,
        "middle": (0.1 * instance, 0.5),
        "away": 1.0,
    }
    return Shown(**{**values, **changes})  # type: ignore[arg-type]


def look(number: int, *things: Shown, x: float = 0.0, heading: float = 0.0, visit: int = 0) -> Look:
    """One picture."""
    return Look(
        number=number,
        visit=visit,
        tick=number,
        position=np.array([x, 0.0, 1.2]),
        heading=heading,
        rgb=np.full((12, 16, 3), number % 256, np.uint8),
        shown=things,
    )


def test_detections_pass_the_published_filters() -> None:
    seen = look(
        0,
        shown(1),
        shown(2, share=0.0005),
        shown(3, box_share=0.6),
        shown(4, category="door"),
        shown(5, away=3.6),
        shown(6, middle=(0.105, 0.5), box_share=0.01),
    )
    assert accepted(seen, DetectionRules()) == [0]


def test_there_are_nine_views_a_turn_and_three_a_metre() -> None:
    turning, walking = ViewClock(), ViewClock()
    steps = 360
    turn = [turning.is_due(look(k, heading=2 * np.pi * k / steps)) for k in range(steps)]
    walk = [walking.is_due(look(k, x=0.01 * k)) for k in range(301)]
    assert sum(turn) == 9
    assert sum(walk) == 1 + 9


def test_what_was_glimpsed_once_and_walked_away_from_is_forgotten() -> None:
    memory = ThreeDMem()
    memory.take_in(look(0, shown(1), shown(2, "book")))
    for number in range(1, 12):
        near = (shown(2, "book"),) if number < 3 else ()
        memory.take_in(look(number, *near, x=-0.5 * number))
    assert [thing.category for thing in memory.things()] == ["book"]


def test_a_moved_thing_stays_where_it_was_and_comes_twice() -> None:
    memory = ThreeDMem()
    for number in range(3):
        memory.take_in(look(number, shown(1), x=0.4 * number))
    memory.new_visit()
    for number in range(3, 6):
        memory.take_in(look(number, shown(9, x=3.0), x=0.4 * number, visit=1))
    assert sorted(thing.low[0] for thing in memory.things()) == [1.0, 3.0]


def test_every_view_is_kept_and_snapshots_are_fewer() -> None:
    memory = ThreeDMem()
    for number in range(9):
        memory.take_in(look(number, shown(1), shown(2, "book"), x=0.4 * number))
    assert len(memory.pictures()) == 9
    assert len(memory.snapshots) == 1


def test_ten_classes_are_shown_for_a_question() -> None:
    target = read_target("find the mug")
    assert target is not None
    classes = {"mug", "stove", "bed", "toilet", "kettle", "pillow"}
    ranked = ranked_classes(classes, target)
    assert ranked[0] == "mug"
    assert {"stove", "kettle"} == set(ranked[1:3])
    memory = ThreeDMem()
    things = [shown(k, f"thing {k}") for k in range(1, 9)]
    more = [shown(k, f"thing {k}") for k in range(11, 19)]
    memory.take_in(look(0, *things, shown(9)))
    memory.take_in(look(1, *more, x=5.0))
    told = {thing.category for thing in memory.chosen(memory.things(), target)}
    assert "mug" in told


@pytest.mark.parametrize(
    ("even", "kept"), [(True, [0, 4, 8, 12, 16]), (False, [15, 16, 17, 18, 19])]
)
def test_frames_are_spread_evenly_or_are_the_last(even: bool, kept: list[int]) -> None:
    memory = Frames(FramesConfig(count=5, even=even))
    for number in range(20):
        memory.take_in(look(number, shown(1)))
    assert sorted(memory.pictures()) == kept


def test_captions_tie_things_to_where_the_robot_was() -> None:
    memory = Captions()
    for number in range(WINDOW):
        memory.take_in(look(number, shown(1, x=2.0, away=2.0 - 0.1 * number), x=0.1 * number))
    (thing,) = memory.things()
    assert thing.low[0] == pytest.approx(0.1 * (WINDOW - 1))
    assert memory.notes() == ("I see a red mug",)
    assert memory.pictures() == {}


@pytest.mark.parametrize("make", [ThreeDMem, ObjectList, Frames])
def test_a_thing_in_plain_view_is_known(make: Callable[[], KeptMemory]) -> None:
    memory = make()
    for number in range(4):
        memory.take_in(look(number, shown(1), shown(2, "book", x=2.0), x=0.4 * number))
    assert sorted(thing.category for thing in memory.things()) == ["book", "mug"]
