"""Multi-Task's episodes have the facts of the published ones."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.room_ballet.bounds import (
    asked_chance,
    blind_bound,
    by_task,
    covered,
    keep_blind,
    keep_told,
)
from embodied_mem_envs.room_ballet.motions import MOTIONS, WHOLE
from embodied_mem_envs.room_ballet.multi_task import FULL, REDUCED, Game, draw_episodes, make_game
from embodied_mem_envs.room_ballet.pictures import (
    CENTRE,
    COLOURS,
    FRAMES,
    SHAPES,
    SQUARES,
    frame_of,
    pixels,
    square_pictures,
)
from embodied_mem_envs.room_ballet.rules import RULES, keep_by

EPISODES = draw_episodes(FULL, 3000, np.random.default_rng(5))


def per_room(rooms: np.ndarray) -> np.ndarray:
    return (rooms[:, :, None] == np.arange(rooms.max() + 1)).sum(axis=1)


def test_rooms_are_visited_as_often_as_published_under_numbers_that_are_drawn() -> None:
    counts = per_room(EPISODES.room)
    assert (np.sort(counts, axis=1)[:, ::-1] == FULL.visits).all()
    most = counts.argmax(axis=1)
    assert np.bincount(most, minlength=8).min() > 3000 / 8 * 0.8


def test_colours_differ_and_dances_are_the_published_multiset() -> None:
    colours = np.sort(EPISODES.looks // len(SHAPES), axis=1)
    assert (np.diff(colours, axis=1) > 0).all()
    times = (EPISODES.motion[:, :, None] == np.arange(8)).sum(axis=1)
    assert (times == [3, 2, 3, 3, 2, 2, 2, 1]).all()
    often = EPISODES.room == per_room(EPISODES.room).argmax(axis=1)[:, None]
    there = np.sort(np.where(often, EPISODES.motion, 99), axis=1)[:, :8]
    assert (there == np.arange(8)).all(), "the most visited room shows each dance once"


def test_four_dancers_of_the_most_visited_room_are_early() -> None:
    often = EPISODES.room == per_room(EPISODES.room).argmax(axis=1)[:, None]
    early = often[:, :8].sum(axis=1)
    assert early.min() == 4 and early.max() > 5


@pytest.mark.parametrize("game", [FULL, REDUCED], ids=["full", "reduced"])
def test_each_task_asks_for_what_the_rule_of_its_name_keeps(game: Game) -> None:
    rng = np.random.default_rng(8)
    episodes = draw_episodes(game, 1000, rng)
    for index, name in enumerate(("fifo", "lifo", "lvfo", "mvfo")):
        kept = keep_by(RULES[name], episodes.room, game.capacity, rng)
        assert covered(kept, episodes.targets)[:, index].all()


def test_the_bounds_are_those_of_who_knows_the_task_and_who_does_not() -> None:
    rng = np.random.default_rng(1)
    blind = by_task(covered(keep_blind(EPISODES, rng), EPISODES.targets))
    assert blind_bound(EPISODES) == pytest.approx(0.5625)
    assert np.mean([*blind.values()]) == pytest.approx(0.5625, abs=0.02)
    told = keep_told(EPISODES)
    for task in range(4):
        assert covered(told[:, task], EPISODES.targets)[:, task].all()
    assert asked_chance(EPISODES).sum(axis=2) == pytest.approx(1.0)
    drawn = np.take_along_axis(asked_chance(EPISODES), EPISODES.targets[:, :, None], axis=2)
    assert (drawn > 0).all()


def test_games_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="visits"):
        Game(visits=(1, 2))
    with pytest.raises(ConfigError, match="visits"):
        make_game(dances=19)
    with pytest.raises(ConfigError, match="capacity"):
        make_game(capacity=0)
    assert make_game(dances=6, rooms=1).visits == (6,)


def test_all_pictures_and_squares_differ() -> None:
    assert len(np.unique(FRAMES.reshape(len(FRAMES), -1), axis=0)) == len(FRAMES) == 2565
    looks = square_pictures().reshape(SQUARES, -1)
    assert len(np.unique(looks, axis=0)) == SQUARES == 2 + len(COLOURS) * len(SHAPES)
    picture = pixels(FRAMES[frame_of(40, 2)])
    assert picture.shape == (45, 45, 3)
    assert (picture[9:18, 27:36] == square_pictures()[42]).all()
    assert (picture[:9] == picture[0, 0]).all() and not picture[18:36, 9:36].any()


def test_dances_end_in_the_centre_and_pluses_differ_in_order_only() -> None:
    assert (MOTIONS[:, -1] == CENTRE).all() and (WHOLE[:, :16] == CENTRE).all()
    assert len(np.unique(MOTIONS, axis=0)) == 8
    cells = (MOTIONS[:, :, None] == np.arange(9)).sum(axis=1)
    assert (cells[6] == cells[7]).all() and abs(cells[0] - cells[1]).sum() == 2
    row, column = np.divmod(np.concatenate((MOTIONS[:, -1:], MOTIONS), axis=1), 3)
    assert max(abs(np.diff(row)).max(), abs(np.diff(column)).max()) == 1
