"""Things are found, and questions looked into, on both floors of a house."""

from dataclasses import dataclass

import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.seeking.enough import how_far
from embodied_mem.brain.seeking.floors import Floors, storey_count, unseen_floors
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.seeking.own_memory import OwnMemory
from embodied_mem.brain.seeking.searched import Searched
from embodied_mem.brain.seeking.seeker import Found, Seeker
from embodied_mem.brain.seeking.target import read_target
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Observation
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house

SEED = 9


@dataclass
class Life:
    """A body in a house of two floors with a memory of its own."""

    house: House
    body: HouseBody
    memory: OwnMemory
    seeker: Seeker

    @property
    def upstairs(self) -> bool:
        return self.body.true_height > 2.5

    def gap_to(self, category: str) -> float:
        """From the body to the nearest thing of a category on its floor, m."""
        here = np.array(self.body.true_pose[:2])
        return min(
            float(np.hypot(*(np.clip(here, thing.box_min[:2], thing.box_max[:2]) - here)))
            for thing in self.house.objects
            if thing.category == category and (thing.box_min[2] > 2.5) == self.upstairs
        )

    def only(self, *, upstairs: bool) -> str:
        """A category of which all things are on one floor."""
        floors: dict[str, set[bool]] = {}
        for thing in self.house.objects:
            floors.setdefault(thing.category, set()).add(bool(thing.box_min[2] > 2.5))
        return min(name for name, found in floors.items() if found == {upstairs})


def begin() -> Life:
    house = generate_house(SEED, HouseConfig(floors=2, rooms=4))
    body = HouseBody(house, CameraConfig(width=160, height=120), seed=SEED)
    body.connect()
    searched = Searched()
    memory = OwnMemory(build_hippocampus(seed=SEED), searched)
    return Life(house, body, memory, Seeker(Legs(body, memory), memory, searched))


@pytest.fixture(scope="module")
def lived() -> tuple[Life, Found]:
    """After a search for a thing that is only upstairs, of which nothing was said."""
    life = begin()
    return life, life.seeker.find(f"find a {life.only(upstairs=True)}", 600)


def test_a_search_goes_on_upstairs_where_this_floor_is_done(lived: tuple[Life, Found]) -> None:
    life, found = lived
    assert found.found
    assert life.upstairs
    assert life.gap_to(life.only(upstairs=True)) < 1.2
    assert storey_count(life.memory.scene) == 2


def test_what_is_known_downstairs_is_gone_to_at_once_over_the_stairs(
    lived: tuple[Life, Found],
) -> None:
    life, _ = lived
    assert life.upstairs
    name = life.only(upstairs=False)
    assert any(thing.category == name for thing in life.house.objects)
    found = life.seeker.find(f"find a {name}", 200)
    assert found.found
    assert found.tried == 1
    assert not life.upstairs
    assert life.gap_to(name) < 1.2


def test_only_this_floor_counts_as_near_and_ways_lead_over_stairs(
    lived: tuple[Life, Found],
) -> None:
    life, _ = lived
    scene, legs = life.memory.scene, life.seeker.legs
    assert len(life.memory.known().categories) < int((scene.objects.live).sum())
    floors = Floors(legs)
    senses = legs.look()
    field = legs.cerebellum.navigator.field(senses.occupancy, senses.pose.xy)
    other = 1 - senses.floor
    assert floors.is_apart(other)
    assert not floors.is_apart(senses.floor)
    way = floors.way_to(other, field)
    (flight,) = (each for each in scene.stairs if each.measured)
    assert way is not None
    assert way[0] > flight.run
    np.testing.assert_allclose(way[1], flight.landing(other))
    assert floors.way_to(5, field) is None


def test_a_named_floor_is_gone_to_first(lived: tuple[Life, Found]) -> None:
    life, _ = lived
    name = life.only(upstairs=False)
    if life.upstairs:
        life.seeker.find(f"find a {name}", 200)
    assert not life.upstairs
    found = life.seeker.find(f"find a {name} upstairs", 60)
    assert life.upstairs, "it stopped at the one downstairs"
    assert not found.found


def test_upstairs_is_a_place_for_a_body_that_climbs() -> None:
    floors = begin().seeker.floors
    assert floors.storeys_in("find the mug") == 1
    assert floors.storeys_in("find the mug upstairs") == 2
    assert floors.storeys_in("Which floor is the mug on?") == 2


def test_a_count_covers_both_floors() -> None:
    life = begin()
    text = "How many beds are there?"
    life.seeker.look_into(text, 700)
    assert len(life.memory.scene.floors) == 2
    assert life.seeker.legs.left > 0
    beds = sum(thing.category == "bed" for thing in life.house.objects)
    assert life.memory.answer(text).value == beds


def test_a_floor_that_was_not_seen_yet_keeps_a_question_open() -> None:
    life = begin()
    text = "How many mugs are there upstairs?"
    life.memory.observe(life.body.observe())
    scene = life.memory.scene
    assert unseen_floors(scene, (1,)) == {"floor 1"}
    assert unseen_floors(scene, (0,)) == frozenset()
    target = read_target("find a mug upstairs", storeys=2)
    assert target is not None
    explored = life.memory.explored((1,))
    assert explored.open_in(None) >= {"floor 1"}
    assert not how_far(target.question, life.memory.answer(text), explored).settled


class OneFloor:
    """What peers are to legs: a map that knows of no other floor."""

    def __init__(self) -> None:
        self.occupancy = Occupancy()
        self.frontiers: tuple[Frontier, ...] = ()

    def observe(self, observation: Observation) -> None:
        """Looks at nothing."""

    def retire_frontier(self, frontier_id: str) -> None:
        """It has none."""


def test_who_knows_of_one_floor_only_keeps_off_stairs() -> None:
    life = begin()
    legs = Legs(life.body, OneFloor())
    assert legs.scene is None
    assert legs.cerebellum.gait.max_step == 0.0
    assert legs.look().storeys is None
    floors = Floors(legs)
    assert floors.current is None
    assert not floors.go_on(lambda: False)
    assert not floors.is_apart(1)
    assert floors.storeys_in("go upstairs") == 1


def test_each_floor_is_searched_for_itself() -> None:
    life, searched = begin(), Searched()
    seen = life.body.observe()
    searched.add(seen)
    ahead = seen.T_world_body[:2, 3] + 1.5 * seen.T_world_body[:2, 0]
    near = searched.nearest(ahead[None])[0]
    assert np.isfinite(near)
    searched.stand_on(1)
    assert np.isinf(searched.nearest(ahead[None])[0])
    searched.stand_on(0)
    assert searched.nearest(ahead[None])[0] == near
