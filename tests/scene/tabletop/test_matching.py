import numpy as np
import pytest

from embodied_mem.scene.tabletop.boxes import Box
from embodied_mem.scene.tabletop.evidence import Evidence
from embodied_mem.scene.tabletop.matching import Chances, match
from embodied_mem.scene.tabletop.sightings import Sighting
from embodied_mem.scene.tabletop.thing import Thing

RED = np.array([0.7, 0.15, 0.15], np.float32)
BLUE = np.array([0.1, 0.3, 0.6], np.float32)
BLOCK = np.array([0.04, 0.04, 0.04])
SEEN = Evidence(here=20)
GONE = Evidence(gone=20)
HIDDEN = Evidence(hidden=20)


def test_of_two_alike_the_nearer_is_meant() -> None:
    things = [thing(0.30, 0.0), thing(0.40, 0.0)]
    seen = [sighting(0.41, 0.01), sighting(0.31, 0.01)]
    assert match(things, seen, [Chances(evidence=GONE)] * 2) == {0: 1, 1: 0}


def test_what_is_seen_to_stand_still_is_not_elsewhere() -> None:
    far = [sighting(0.45, 0.2)]
    assert match([thing(0.30, 0.0)], far, [Chances(evidence=GONE)]) == {0: 0}
    assert match([thing(0.30, 0.0)], far, [Chances(evidence=SEEN)]) == {}


def test_what_is_shut_in_is_not_elsewhere_unless_nobody_watched() -> None:
    shut, loose = Chances(evidence=HIDDEN, shut_in=True), Chances(evidence=HIDDEN, untold=True)
    far = [sighting(0.45, 0.2)]
    assert match([thing(0.84, 0.13)], far, [shut]) == {}
    assert match([thing(0.84, 0.13)], far, [loose]) == {0: 0}


@pytest.mark.parametrize(
    "other",
    [
        {"colour": "blue", "share": BLUE},
        {"category": "can", "size": np.array([0.045, 0.045, 0.07])},
    ],
)
def test_what_looks_otherwise_is_something_else(other: dict[str, object]) -> None:
    same_place = [sighting(0.30, 0.0, **other)]
    assert match([thing(0.30, 0.0)], same_place, [Chances(evidence=GONE)]) == {}


def test_a_part_of_it_may_be_a_thing_where_it_was_but_not_far_away() -> None:
    near, far = sighting(0.31, 0.01, arm=0.5), sighting(0.31, 0.2, arm=0.5)
    hidden = [Chances(evidence=HIDDEN)]
    assert match([thing(0.30, 0.0)], [near], hidden) == {0: 0}
    assert match([thing(0.30, 0.0)], [far], hidden) == {}


def test_nothing_matches_nothing() -> None:
    assert match([], [sighting(0.3, 0.0)], []) == {}
    assert match([thing(0.3, 0.0)], [], [Chances(evidence=SEEN)]) == {}


def thing(x: float, y: float) -> Thing:
    return Thing(
        id="red_block",
        category="block",
        colour="red",
        position=np.array([x, y, 0.02]),
        size=BLOCK,
        yaw=0.0,
        place="table",
        tick=0,
        share=RED,
        confidence=0.95,
    )


def sighting(
    x: float,
    y: float,
    *,
    category: str = "block",
    colour: str = "red",
    size: np.ndarray = BLOCK,
    share: np.ndarray = RED,
    arm: float = 0.0,
) -> Sighting:
    return Sighting(
        category=category,
        colour=colour,
        confidence=0.95,
        lying=False,
        box=Box(position=np.array([x, y, 0.5 * size[2]]), size=size, yaw=0.0, fill=1.0),
        pixels=120,
        arm=arm,
        hidden=0.0,
        share=share,
        points=np.zeros((0, 3), np.float32),
        tints=np.zeros((0, 3), np.float32),
    )
