"""Tasks stand in the real simulator: nothing falls or slides, and the arm reaches all of it."""

from functools import lru_cache

import numpy as np
import pytest

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, TaskEpisode, make_episode
from embodied_mem_envs.tabletop.tasks.episode import Move, NewSession, Spot, Watch
from embodied_mem_envs.tabletop.tasks.goals import At
from embodied_mem_envs.tabletop.tasks.playing import play_history, starting_layout
from embodied_mem_envs.tabletop.tasks.spots import floor_height
from embodied_mem_envs.tabletop.tasks.truth import SHUT, table_truth

pytest.importorskip("pybullet")
pytest.importorskip("pinocchio")

CELL = default_cell()


@lru_cache(maxsize=1)
def arm() -> ArmModel:
    return ArmModel(TabletopBody().description)


def spots_of(episode: TaskEpisode) -> list[tuple[str, Spot]]:
    """Kind and spot of everything that the arm may have to take or put."""
    kinds = {item.name: item.kind for item in episode.layout.items}
    spots = [(item.kind, item.spot) for item in episode.layout.items]
    spots += [(kinds[event.name], event.to) for event in episode.history if isinstance(event, Move)]
    spots += [
        (kinds[goal.thing], Spot(place="table", x=goal.x, y=goal.y))
        for goal in episode.goals
        if isinstance(goal, At)
    ]
    return [(name, spot) for name, spot in spots if spot.place != "chest"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_everything_stays_where_it_is_put(family: str, level: int) -> None:
    episode = make_episode(family, level, 20 + level)  # type: ignore[arg-type]
    body = TabletopBody(starting_layout(episode, CELL))
    body.connect()
    calls: list[str] = []
    play_history(
        episode, body, watch=lambda: calls.append("w"), new_session=lambda: calls.append("s")
    )
    body.settle(0.3)
    where = {item.name: item.spot for item in episode.layout.items}
    where |= {event.name: event.to for event in episode.history if isinstance(event, Move)}
    truth = body.truth()
    for name, spot in where.items():
        thing = truth.things[name]
        assert np.hypot(thing.position[0] - spot.x, thing.position[1] - spot.y) < 0.01, name
        assert thing.tilt < 0.1, name
    assert max(truth.drawers.values()) < SHUT
    start = table_truth(truth, CELL)
    assert not episode.succeeded(start, None, start).success
    seen = [event for event in episode.history if getattr(event, "seen", isinstance(event, Watch))]
    assert calls.count("w") == sum(not isinstance(event, NewSession) for event in seen) >= 1
    assert calls.count("s") == sum(isinstance(event, NewSession) for event in episode.history)
    body.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_hand_reaches_every_spot_from_straight_above(family: str) -> None:
    for level in LEVELS:
        for seed in (0, 1, 2):
            for name, spot in spots_of(make_episode(family, level, seed)):
                require_reach(name, spot)


def require_reach(name: str, spot: Spot) -> None:
    thing, fixture = kind(name), CELL[spot.place]
    x = spot.x - fixture.travel  # drawers are opened before anything is taken out
    turn = spot.yaw + thing.grasp_turn
    c, s = np.cos(turn), np.sin(turn)
    for height in (thing.grasp_height, 0.15):
        pose = np.eye(4)
        # The fingers close along the y axis of the tool; both ways round are the same grasp.
        pose[:3, :3] = np.column_stack([[s, -c, 0.0], [-c, -s, 0.0], [0.0, 0.0, -1.0]])
        pose[:3, 3] = x, spot.y, floor_height(CELL, spot.place) + height
        reached = arm().solve(pose, arm().home)
        if reached is None:
            pose[:3, :2] *= -1.0
            reached = arm().solve(pose, arm().home)
        assert reached is not None, (name, spot, height)
