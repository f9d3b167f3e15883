"""Every task can be laid out and solved: geometry only, over many seeds, without physics."""

from collections.abc import Iterator

import numpy as np
import pytest

from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.cell import default_cell
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, Level, TaskEpisode, make_episode
from embodied_mem_envs.tabletop.tasks.episode import Drawer, Item, Move, Spot
from embodied_mem_envs.tabletop.tasks.goals import At, Inside
from embodied_mem_envs.tabletop.tasks.spots import gap
from embodied_mem_envs.tabletop.tasks.story import occupied

CELL = default_cell()
SEEDS = (0, 1, 2, 7, 1003, 1017)
REACH = 0.78
HAND_OPENS = 0.07


def moments(episode: TaskEpisode) -> Iterator[dict[str, Spot]]:
    """Where everything is after each event of the history."""
    where = {item.name: item.spot for item in episode.layout.items}
    yield dict(where)
    for event in episode.history:
        if isinstance(event, Move):
            where[event.name] = event.to
        yield dict(where)


def last(episode: TaskEpisode) -> dict[str, Spot]:
    return list(moments(episode))[-1]


def items(episode: TaskEpisode) -> dict[str, Item]:
    return {item.name: item for item in episode.layout.items}


def room_between(episode: TaskEpisode, where: dict[str, Spot]) -> float:
    """The narrowest gap between two things in the same place."""
    kinds = items(episode)
    names = sorted(where)
    gaps = [
        gap(occupied(kinds[a].kind, where[a]), occupied(kinds[b].kind, where[b]))
        for number, a in enumerate(names)
        for b in names[:number]
        if where[a].place == where[b].place
    ]
    return min(gaps, default=np.inf)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_things_have_room_reach_and_grasps(family: str, level: Level) -> None:
    for seed in SEEDS:
        for repeat in (False, True):
            episode = make_episode(family, level, seed, repeat=repeat)
            for where in moments(episode):
                assert room_between(episode, where) >= 0.02, (seed, repeat)
                for name, spot in where.items():
                    check_spot(items(episode)[name], spot)


def check_spot(item: Item, spot: Spot) -> None:
    thing, outline = kind(item.kind), occupied(item.kind, spot)
    assert thing.grasp_width <= HAND_OPENS
    fixture = CELL[spot.place]
    if spot.place == "chest":  # only in passing; nothing stays there
        assert fixture.low[0] < spot.x < fixture.high[0]
        return
    assert np.hypot(spot.x - fixture.travel, spot.y) < REACH
    if spot.place == "table":
        # No drawer that opens may push it, and no finger that pulls one.
        assert outline.corners[:, 0].max() <= 0.525
        assert outline.corners[:, 0].min() >= 0.20
        assert np.abs(outline.corners[:, 1]).max() <= 0.362
    else:
        wall = 0.006 if fixture.kind == "bin" else 0.0
        assert np.all(outline.corners.min(0) > np.array(fixture.low[:2]) + wall)
        assert np.all(outline.corners.max(0) < np.array(fixture.high[:2]) - wall)
        assert thing.size[2] >= 0.04 or fixture.kind == "tray"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_where_things_belong_there_is_room(family: str, level: Level) -> None:
    for seed in SEEDS:
        episode = make_episode(family, level, seed)
        where = last(episode)
        assert "chest" not in {spot.place for spot in where.values()}
        for goal in episode.goals:
            if isinstance(goal, At):
                yaw = goal.yaw if goal.yaw is not None else where[goal.thing].yaw
                where[goal.thing] = Spot(place="table", x=goal.x, y=goal.y, yaw=yaw)
            elif isinstance(goal, Inside):
                where.pop(goal.thing)  # what is in a bin may lie any way
                assert CELL[goal.place].kind in ("bin", "drawer", "tray")
        assert room_between(episode, where) > 0.01


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("family", FAMILIES)
def test_drawers_are_opened_before_they_are_used_and_closed_in_the_end(
    family: str, level: Level
) -> None:
    for seed in SEEDS:
        episode = make_episode(family, level, seed)
        opened = {"left_drawer": 0.0, "right_drawer": 0.0}
        where = {item.name: item.spot.place for item in episode.layout.items}
        for event in episode.history:
            if isinstance(event, Drawer):
                opened[event.name] = event.share
            elif isinstance(event, Move):
                for place in (where[event.name], event.to.place):
                    assert opened.get(place, 1.0) == 1.0
                where[event.name] = event.to.place
        assert set(opened.values()) == {0.0}


@pytest.mark.parametrize("family", FAMILIES)
def test_levels_get_harder(family: str) -> None:
    counts = [
        np.mean([len(make_episode(family, level, seed).layout.items) for seed in range(6)])
        for level in LEVELS
    ]
    assert counts[0] < counts[1] <= counts[2]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_repeat_asks_for_the_same_with_new_poses_and_words(family: str) -> None:
    for level in LEVELS:
        first, again = (make_episode(family, level, 3, repeat=repeat) for repeat in (False, True))
        assert first == make_episode(family, level, 3)
        assert first.instruction != again.instruction
        assert first.roles == again.roles and first.answer == again.answer
        for one, other in zip(first.layout.items, again.layout.items, strict=True):
            assert (one.name, one.kind, one.colour) == (other.name, other.kind, other.colour)
            assert one.spot != other.spot
        assert first != make_episode(family, level, 4)
