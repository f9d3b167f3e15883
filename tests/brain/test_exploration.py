"""Exploration: tours are short, gains are plausible, and rooms get known with little walking."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boxworld import BoxBody, BoxWorld, look_round, table, two_rooms, wall_y
from embodied_mem.brain.brainstem import Brainstem
from embodied_mem.brain.cerebellum import Cerebellum
from embodied_mem.brain.exploration import (
    ExplorationStrategy,
    InformationGain,
    InformationGainConfig,
    NearestFrontier,
    expected_gain,
    open_tour,
)
from embodied_mem.brain.navigation import Navigator, Pose2
from embodied_mem.brain.skills import Senses
from embodied_mem.perception.frame import make_frame
from embodied_mem.scene.frontiers import FrontierTracker
from embodied_mem.scene.occupancy import Occupancy


@settings(deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(1, 6))
def test_tours_visit_all_and_are_nearly_the_shortest(seed: int, count: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 10, (count + 1, 2))
    gap = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    start, between = gap[0, 1:], gap[1:, 1:]
    tour = open_tour(start, between)
    assert sorted(tour) == list(range(count))

    def length(order: tuple[int, ...] | list[int]) -> float:
        return float(start[order[0]] + sum(between[a, b] for a, b in itertools.pairwise(order)))

    best = min(length(order) for order in itertools.permutations(range(count)))
    assert length(tour) <= 1.3 * best + 1e-9


def test_gain_is_large_before_the_unknown_and_small_in_a_corner() -> None:
    world = BoxWorld([wall_y(-0.1, -9.0, 9.0), wall_y(3.0, -9.0, 9.0)])
    world.boxes.append((1.0, 0.0, 0.0, 1.1, 0.8, 2.6))  # a corner that hides little
    occupancy = Occupancy()
    look_round(occupancy, world, 0.0, 1.5)
    frontiers = FrontierTracker().update(occupancy, (0.0, 1.5), 0)
    gains = expected_gain(occupancy, list(frontiers), 3.0, 48)
    far = [g for f, g in zip(frontiers, gains, strict=True) if abs(f.centroid[0]) > 3.5]
    assert min(far) > 4.0
    assert max(gains) < np.pi * 3.0**2


def test_the_nearest_frontier_is_the_nearest_on_foot() -> None:
    occupancy = Occupancy()
    look_round(occupancy, two_rooms(), 2.0, 2.0)
    frontiers = FrontierTracker().update(occupancy, (2.0, 2.0), 0)
    navigator = Navigator()
    chosen = NearestFrontier(navigator).choose(occupancy, frontiers, Pose2(x=2.0, y=2.0, yaw=0.0))
    field = navigator.field(occupancy, (2.0, 2.0))
    assert chosen is not None
    assert field.cost_to(chosen.standpoint) == min(field.cost_to(f.standpoint) for f in frontiers)


@pytest.mark.parametrize("strategy", [NearestFrontier, InformationGain])
def test_without_frontiers_there_is_nothing_to_choose(
    strategy: type[NearestFrontier] | type[InformationGain],
) -> None:
    occupancy = Occupancy()
    look_round(occupancy, two_rooms(), 2.0, 2.0)
    pose = Pose2(x=2.0, y=2.0, yaw=0.0)
    assert strategy(Navigator()).choose(occupancy, (), pose) is None


def test_information_gain_sticks_to_its_choice() -> None:
    world, tracker, navigator = two_rooms(), FrontierTracker(), Navigator()
    strategy = InformationGain(navigator, InformationGainConfig())
    occupancy = Occupancy()
    look_round(occupancy, world, 2.0, 2.0)
    chosen = []
    for tick, x in enumerate(np.arange(2.0, 3.2, 0.1)):
        frontiers = tracker.update(occupancy, (x, 2.0), tick)
        pick = strategy.choose(occupancy, frontiers, Pose2(x=x, y=2.0, yaw=0.0))
        chosen.append(None if pick is None else pick.id)
    assert len(set(chosen)) == 1


@pytest.mark.parametrize("strategy", [NearestFrontier, InformationGain])
def test_a_flat_is_explored_to_the_last_corner(
    strategy: type[NearestFrontier] | type[InformationGain],
) -> None:
    world = two_rooms()
    world.boxes += table(1.0, 3.0)
    world.boxes.append((6.0, 0.0, 0.0, 6.4, 1.6, 1.9))
    cerebellum = Cerebellum()
    body = BoxBody(world, 1.0, 1.0)
    occupancy = _explore(body, cerebellum, strategy(cerebellum.navigator))
    floor = np.array([(x, y) for x in np.arange(0.1, 8, 0.1) for y in np.arange(0.1, 4, 0.1)])
    known = occupancy.states_at(floor) != 0
    assert known.mean() > 0.95
    assert body.path_length < 30.0


def _explore(
    body: BoxBody, cerebellum: Cerebellum, strategy: ExplorationStrategy, max_ticks: int = 250
) -> Occupancy:
    stem, occupancy, tracker = Brainstem(body), Occupancy(), FrontierTracker()
    cerebellum.look_around()
    for _ in range(max_ticks):
        seen = stem.observe()
        occupancy.integrate(make_frame(seen, 1))
        frontiers = tracker.update(occupancy, seen.T_world_body[:2, 3], seen.tick)
        senses = Senses.of(seen, occupancy, frontiers)
        command = cerebellum.step(senses)
        if not cerebellum.busy:
            goal = strategy.choose(occupancy, frontiers, senses.pose)
            if goal is None:
                return occupancy
            cerebellum.visit(goal)
            command = cerebellum.step(senses)
        stem.step(command, seen)
    raise AssertionError(f"not explored in {max_ticks} ticks")
