"""A body explores both floors of a house, and does things on the other one."""

from functools import cache

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.cerebellum import Cerebellum, CerebellumConfig
from embodied_mem.brain.climbing import TakeStairs, first_stairs
from embodied_mem.brain.floor_tour import FloorStep, FloorTour
from embodied_mem.brain.house_belief import HouseBelief
from embodied_mem.brain.house_skills import Explore, house_skills
from embodied_mem.brain.skill import Status
from embodied_mem.brain.skills import Senses
from embodied_mem.memory.facts import FrontierFact, MapFact, PlaceFact, WalkFact, active
from embodied_mem.types import Command
from embodied_mem_envs.evaluation.explore_run import states_on_floors
from embodied_mem_envs.evaluation.watch import reachable_points
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house

SEED = 4
CAMERA = CameraConfig(width=128, height=96)


class HeldUp(HouseBody):
    """A body that something on the flight can hold up, so that it gets no farther than half-way."""

    held = False

    def act(self, command: Command) -> Command:
        if self.held and self.true_height > 1.2 and self._uphill():
            command = Command(turn=command.turn)
        return super().act(command)

    def _uphill(self) -> bool:
        stairs, yaw = self.house.stairs, self.true_pose[2]
        assert stairs is not None
        return bool(np.cos(yaw) * stairs.up[0] + np.sin(yaw) * stairs.up[1] > 0.0)


@cache
def house() -> House:
    return generate_house(SEED, HouseConfig(floors=2, rooms=4))


def brain_in_house() -> Brain:
    body = HeldUp(house(), camera=CAMERA, seed=SEED)
    brain = Brain(body, build_hippocampus(seed=SEED))
    brain.connect()
    return brain


def body_of(brain: Brain) -> HeldUp:
    assert isinstance(brain.body, HeldUp)
    return brain.body


def covered(brain: Brain) -> float:
    points = reachable_points(body_of(brain).house)
    return float((states_on_floors(brain.hippocampus.scene, points) == 1).mean())


def drive(brain: Brain, ticks: int = 300) -> Status:
    """Carries out what the cerebellum was told."""
    for _ in range(ticks):
        observation = brain.brainstem.observe()
        brain.hippocampus.observe(observation)
        command = brain.cerebellum.step(Senses.in_scene(observation, brain.hippocampus.scene))
        if not brain.cerebellum.busy:
            break
        brain.brainstem.step(command, observation)
    return brain.cerebellum.status


@pytest.fixture(scope="module")
def explored() -> Brain:
    """Explored by the skill; tests/brain/test_stair_search.py explores two floors by the brain."""
    brain = brain_in_house()
    strategy = brain.cortex._strategy
    brain.hippocampus.observe(brain.brainstem.observe())
    brain.cerebellum.start(Explore(brain.hippocampus.scene, brain.cerebellum, strategy))
    assert drive(brain, 2500) is Status.SUCCEEDED
    return brain


def test_both_floors_are_explored_and_the_exploration_ends(explored: Brain) -> None:
    assert covered(explored) > 0.95
    assert [floor.index for floor in explored.hippocampus.scene.floors] == [0, 1]
    (stairs,) = (each for each in explored.hippocampus.scene.stairs if each.measured)
    truth = house().stairs
    assert truth is not None
    assert stairs.rise == pytest.approx(truth.rise, abs=0.005)
    assert np.hypot(*(stairs.foot - truth.world(0.0, truth.width / 2))) < 0.2
    assert np.hypot(*(stairs.head - truth.world(truth.run, truth.width / 2))) < 0.2


def test_the_memory_holds_both_floors(explored: Brain) -> None:
    hippocampus = explored.hippocampus
    hippocampus.consolidate()
    store = hippocampus.store
    heights = {f.floor: r.pose[2] for r, f in active(store, MapFact) if r.pose is not None}
    assert heights == {0: pytest.approx(0.0), 1: pytest.approx(2.8)}
    places = [fact for _, fact in active(store, PlaceFact)]
    assert {place.floor for place in places} == {0, 1}
    assert len({place.place_id for place in places}) == len(places)
    ((_, walk),) = active(store, WalkFact)
    assert len(walk.floors) == len(walk.path) and set(walk.floors) == {0, 1}
    assert all(fact.floor in (0, 1) for _, fact in active(store, FrontierFact))


def test_objects_belong_to_the_floor_they_stand_on(explored: Brain) -> None:
    scene = explored.hippocampus.scene
    scene.refresh_places()
    floors = {place.id: place.floor for place in scene.places}
    for row in np.flatnonzero(scene.objects.confirmed()):
        place = scene.place_of(int(row))
        upstairs = float(scene.objects.low[row, 2]) > 2.5
        assert scene.floor_of(int(row)) == int(upstairs)
        assert place is None or floors[place] == int(upstairs)


def other_floor(brain: Brain) -> int:
    return 1 - brain.hippocampus.scene.storeys.current.index


@pytest.mark.parametrize("tall", [False, True])
def test_a_thing_on_the_other_floor_is_gone_to(explored: Brain, tall: bool) -> None:
    table, scene = explored.hippocampus.scene.objects, explored.hippocampus.scene
    there = other_floor(explored)
    rows = [int(r) for r in np.flatnonzero(table.confirmed()) if scene.floor_of(int(r)) == there]
    height = scene.storeys.heights[there]
    # On the map what is taller than 1.6 m looks like a wall.
    rows = [row for row in rows if bool(table.high[row, 2] > height + 1.6) == tall]
    row = max(rows, key=lambda r: float(np.prod(table.high[r] - table.low[r])))
    explored.cerebellum.go_to_object(table.low[row], table.high[row], floor=there)
    assert drive(explored) is Status.SUCCEEDED, explored.cerebellum.reason
    assert body_of(explored).true_floor == there
    gap = np.clip(body_of(explored).true_pose[:2], table.low[row, :2], table.high[row, :2])
    assert np.hypot(*(gap - body_of(explored).true_pose[:2])) < 2.0


def test_a_plan_goes_to_every_room_of_the_other_floor(explored: Brain) -> None:
    belief = HouseBelief(explored.hippocampus)
    belief.name_rooms()
    explored.cerebellum.go_to(explored.hippocampus.scene.stairs[0].bottom, floor=0)
    assert drive(explored) is Status.SUCCEEDED
    assert explored.hippocampus.latest is not None
    state = belief.state(explored.hippocampus.latest)
    rooms = [e.id for e in state.entities.values() if e.kind == "room" and belief.storey_of(e.id)]
    assert len(rooms) == 3  # of which the bedroom has its middle on the bed
    for name in rooms:
        skill = house_skills(belief, explored.cerebellum)["go_to"].make({"target": name})
        explored.cerebellum.start(skill)
        assert drive(explored) is Status.SUCCEEDED, explored.cerebellum.reason
        assert body_of(explored).true_floor == 1
        assert belief.in_room(name, body_of(explored).true_pose[:2])


def test_wheels_keep_to_their_floor(explored: Brain) -> None:
    scene = explored.hippocampus.scene
    assert FloorTour(0.0).leave(scene) is None
    gait = Cerebellum(CerebellumConfig(max_step=0.0), max_step=0.2).gait
    skill = TakeStairs(
        scene.stairs[0].id, up=True, navigator=explored.cerebellum.navigator, gait=gait
    )
    assert explored.hippocampus.latest is not None
    assert skill.can_execute(Senses.in_scene(explored.hippocampus.latest, scene)) == 0.0
    explored.cerebellum.start(skill)
    assert drive(explored) is Status.FAILED and "get up" in explored.cerebellum.reason


def test_blocked_stairs_lead_back(explored: Brain) -> None:
    stairs = next(each for each in explored.hippocampus.scene.stairs if each.measured)
    explored.cerebellum.go_to(stairs.bottom, floor=0)
    assert drive(explored) is Status.SUCCEEDED, explored.cerebellum.reason
    body_of(explored).held = True
    explored.cerebellum.change_floor(FloorStep(stairs=stairs.id, up=True))
    assert drive(explored) is Status.FAILED and "blocked" in explored.cerebellum.reason
    body_of(explored).held = False
    assert body_of(explored).true_height == pytest.approx(0.0, abs=0.1)
    assert not explored.hippocampus.scene.storeys.between
    explored.cerebellum.go_to(stairs.top, floor=1)  # it was only held up for a while
    assert drive(explored) is Status.SUCCEEDED and body_of(explored).true_floor == 1


def test_ways_over_several_floors_begin_with_the_right_flight(explored: Brain) -> None:
    (flight, *_) = (each for each in explored.hippocampus.scene.stairs if each.measured)
    assert first_stairs([flight], 0, 1) is flight and first_stairs([flight], 1, 0) is flight
    assert first_stairs([flight], 0, 2) is None and first_stairs([], 0, 1) is None
