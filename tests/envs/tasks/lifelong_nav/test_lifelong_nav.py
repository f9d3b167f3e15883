"""Episodes of goals: visits, judgement, and bounds."""

from itertools import pairwise

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.evaluation.truth import view_house
from embodied_mem_envs.tasks.bounds import drive
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply
from embodied_mem_envs.tasks.house_world import HouseWorldConfig
from embodied_mem_envs.tasks.lifelong_nav import LifelongNav, LifelongNavConfig, make
from embodied_mem_envs.tasks.lifelong_nav.bounds import chance, oracle_reply, random_reply
from embodied_mem_envs.tasks.lifelong_nav.wording import description_text

SMALL = HouseWorldConfig(rooms=4)


def asks_of(episode: LifelongNav) -> list[Ask]:
    """Lives through an episode by giving up at once."""
    asks = []
    while (happening := episode.next()) is not None:
        if isinstance(happening, Ask):
            asks.append(happening)
            episode.submit(Reply())
    return asks


def test_an_episode_has_five_to_ten_goals_in_two_or_three_visits() -> None:
    kinds: set[str] = set()
    for seed in range(3):
        episode = make(seed, LifelongNavConfig(world=SMALL))
        house = episode.world.house
        visits, asks, ids = 0, 0, [set(house.instance_to_object)]
        while (happening := episode.next()) is not None:
            if isinstance(happening, NewVisit):
                visits += 1
                assert happening.number == visits == house.visit and asks > 0
                assert house.changes[-1].visit == visits - 1
                ids.append(set(house.instance_to_object))
                continue
            assert isinstance(happening, Ask) and happening.number == asks
            assert happening.form == "stop" and happening.max_ticks == 300
            assert (happening.image is not None) == (happening.kind == "image")
            kinds.add(happening.kind)
            episode.submit(Reply())
            asks += 1
        assert 5 <= asks <= 10 and 1 <= visits <= 2
        assert all(one != other for one, other in pairwise(ids))
        episode.close()
    assert kinds == {"category", "description", "image"}


@pytest.mark.parametrize("floors", [1, 2])
def test_who_knows_the_truth_always_arrives_by_the_shortest_way(floors: int) -> None:
    values = []
    for seed in range(2):
        world = HouseWorldConfig(rooms=6, floors=floors)
        episode = make(seed, LifelongNavConfig(world=world))
        while (happening := episode.next()) is not None:
            if isinstance(happening, Ask):
                values.append(episode.submit(oracle_reply(episode, happening)).values)
        assert episode.progress == 1.0
        episode.close()
    assert np.mean([each["success_strict"] for each in values]) >= 0.98
    assert np.mean([each["spl"] for each in values]) >= 0.95
    assert np.mean([each["soft_spl"] for each in values]) >= 0.95


def test_stopping_anywhere_is_right_as_often_as_chance_says() -> None:
    rng = np.random.default_rng(0)
    right, expected = [], []
    for seed in range(4):
        episode = make(seed, LifelongNavConfig(world=SMALL, ticks_a_room=200))
        while (happening := episode.next()) is not None:
            if isinstance(happening, Ask):
                expected.append(chance(episode))
                right.append(episode.submit(random_reply(episode, happening, rng)).right)
        episode.close()
    spread = np.sqrt(np.mean([p * (1.0 - p) for p in expected]) / len(right))
    assert 0.02 < np.mean(expected) < 0.3
    assert abs(np.mean(right) - np.mean(expected)) < 3.0 * spread


def test_a_stop_is_judged_by_the_way_that_is_left() -> None:
    episode = make(4, LifelongNavConfig(world=SMALL, subtasks=2, visits=1))
    assert isinstance(episode.next(), Ask)
    left = episode._left()
    assert left > 2.0
    judgement = episode.submit(Reply())
    assert judgement.values["success"] == judgement.values["spl"] == 0.0
    assert judgement.values["path_metres"] == 0.0
    assert judgement.values["distance_metres"] == pytest.approx(left)
    assert judgement.progress == pytest.approx(0.0)
    assert isinstance(episode.next(), Ask)
    ring = np.flatnonzero((episode.to_goal > 0.5) & (episode.to_goal < 0.9))
    drive(episode.world, ring.tolist())
    values = episode.submit(Reply()).values
    assert values["success"] == 1.0 and values["success_strict"] == 0.0
    assert 0.4 < values["distance_metres"] < 1.0
    episode.close()


def test_some_goals_come_again_and_some_of_these_were_moved() -> None:
    groups: list[str] = []
    for seed in range(5):
        episode = make(seed, LifelongNavConfig(world=SMALL, subtasks=8, visits=3))
        while (happening := episode.next()) is not None:
            if isinstance(happening, Ask):
                values = episode.submit(Reply()).values
                groups += [
                    n for n in ("success_new", "success_again", "success_moved") if n in values
                ]
        episode.close()
    shares = {name: groups.count(name) / len(groups) for name in set(groups)}
    assert len(groups) == 40
    assert shares["success_again"] > 0.1 and shares["success_moved"] > 0.05
    assert shares["success_new"] > 0.3


def test_descriptions_fit_one_thing_only() -> None:
    rng = np.random.default_rng(0)
    for seed in range(4):
        episode = make(seed, LifelongNavConfig(world=HouseWorldConfig(rooms=7)))
        house = episode.world.house
        view = view_house(house.truth(), ())
        texts: dict[str, str] = {}
        for row, name in enumerate(view.ids):
            text = description_text(view, house, row, rng)
            if text is None:
                continue
            for opening in ("Find", "Go to", "Take me to", "Please go to", "Can you find"):
                text = text.removeprefix(opening)
            text = text.strip(" .?").removesuffix(" and stop there")
            assert texts.setdefault(text, name) == name
        assert len(texts) > len(view.ids) // 3
        episode.close()


def test_the_same_seed_gives_the_same_goals() -> None:
    config = LifelongNavConfig(world=SMALL)
    one, other = asks_of(make(9, config)), asks_of(make(9, config))
    assert [ask.text for ask in one] == [ask.text for ask in other]
    for first, second in zip(one, other, strict=True):
        assert (first.image is None) == (second.image is None)
        assert first.image is None or np.array_equal(first.image, second.image)
    assert [ask.text for ask in asks_of(make(10, config))] != [ask.text for ask in one]


def test_pictures_show_the_goal_in_their_middle() -> None:
    shown = 0
    for seed in range(3):
        episode = make(seed, LifelongNavConfig(world=SMALL, named_pictures=False))
        while (happening := episode.next()) is not None:
            if isinstance(happening, Ask) and happening.image is not None:
                assert happening.image.shape == (128, 128, 3) and happening.image.std() > 5.0
                assert episode.goal.right == (episode.goal.target,)
                category = episode.world.house.object(episode.goal.target).category
                assert category not in happening.text
                shown += 1
            if isinstance(happening, Ask):
                episode.submit(Reply())
        episode.close()
    assert shown > 2


def test_wrong_settings_are_named() -> None:
    for wrong in ({"subtasks": 0}, {"visits": 0}, {"success_radius": 0.0}, {"asked_again": 1.5}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            LifelongNavConfig(**wrong)  # type: ignore[arg-type]
