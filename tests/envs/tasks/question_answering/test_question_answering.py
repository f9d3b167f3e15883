"""Episodes of questions: order, judgement, and bounds."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem.types import Command, Observation
from embodied_mem_envs.tasks.episode import Ask, Reply
from embodied_mem_envs.tasks.house_world import HouseWorldConfig
from embodied_mem_envs.tasks.question_answering import (
    QuestionAnswering,
    QuestionAnsweringConfig,
    make,
)
from embodied_mem_envs.tasks.question_answering.bounds import (
    chance,
    oracle_reply,
    random_reply,
    true_answer,
)

SMALL = HouseWorldConfig(rooms=4)
TWO_FLOORS = HouseWorldConfig(rooms=6, floors=2)


def ask_of(episode: QuestionAnswering) -> Ask:
    while not isinstance(happening := episode.next(), Ask):
        assert isinstance(happening, Observation)
    return happening


def test_asks_and_replies_alternate() -> None:
    episode = make(1, QuestionAnsweringConfig(world=SMALL))
    with pytest.raises(EvaluationError, match="no open ask"):
        episode.submit(Reply())
    ask = ask_of(episode)
    assert ask.max_ticks == 400 and ask.form == "words" and episode.body is not None
    with pytest.raises(EvaluationError, match="ask 0 was not answered"):
        episode.next()
    judgement = episode.submit(Reply())
    assert not judgement.right and judgement.progress == 0.0 and episode.progress == 0.0
    assert episode.next() is None
    episode.close()


@pytest.mark.parametrize("world", [HouseWorldConfig(), TWO_FLOORS])
def test_who_knows_the_truth_is_always_right_and_walks_the_shortest_way(
    world: HouseWorldConfig,
) -> None:
    right, efficient = [], []
    for seed in range(8):
        episode = make(seed, QuestionAnsweringConfig(world=world))
        ask = ask_of(episode)
        judgement = episode.submit(oracle_reply(episode, ask))
        right.append(judgement.right)
        efficient.append(judgement.values["answer_spl"])
        assert judgement.values["ticks"] <= ask.max_ticks
        episode.close()
    assert all(right)
    assert np.mean(efficient) >= 0.95


def test_blind_choices_are_right_as_often_as_chance_says() -> None:
    rng = np.random.default_rng(0)
    right: list[bool] = []
    expected: list[float] = []
    for seed in range(4):
        episode = make(seed, QuestionAnsweringConfig(world=SMALL, questions=30, least_metres=0.0))
        while (ask := episode.next()) is not None:
            assert isinstance(ask, Ask)
            expected.append(chance(ask))
            right.append(episode.submit(random_reply(ask, rng)).right)
        episode.close()
    assert len(right) == 120
    margin = 3.0 * np.sqrt(np.mean(expected) * (1.0 - np.mean(expected)) / len(right))
    assert abs(np.mean(right) - np.mean(expected)) < margin


def test_exactly_one_option_is_right_and_where_it_stands_says_nothing() -> None:
    places: list[float] = []
    for seed in range(4):
        episode = make(seed, QuestionAnsweringConfig(world=SMALL, questions=20, least_metres=0.0))
        while (ask := episode.next()) is not None:
            assert isinstance(ask, Ask)
            assert len(set(ask.options)) == len(ask.options) >= 2
            verdicts = [
                episode._judge(ask, Reply(choice=index)).right for index in range(len(ask.options))
            ]
            assert sum(verdicts) == 1
            assert episode._judge(ask, Reply(text=ask.options[verdicts.index(True)].upper())).right
            if len(ask.options) == 4:
                places.append(verdicts.index(True))
            episode.submit(Reply())
        episode.close()
    shares = np.bincount(np.array(places, int), minlength=4) / len(places)
    assert shares.min() > 0.1


def test_every_kind_is_asked_and_a_quarter_about_what_is_not_there() -> None:
    kinds, unseen = set(), []
    for seed in range(4):
        episode = make(seed, QuestionAnsweringConfig(world=SMALL, questions=21, least_metres=0.0))
        while (ask := episode.next()) is not None:
            assert isinstance(ask, Ask)
            kinds.add(ask.kind)
            unseen.append(episode.question.about_unseen)
            episode.submit(Reply(answer=true_answer(episode.question)))
        assert episode.progress == 1.0
        episode.close()
    assert len(kinds) == 7
    assert 0.15 < np.mean(unseen) < 0.35


def test_the_body_moves_only_while_it_may() -> None:
    config = QuestionAnsweringConfig(world=SMALL, least_ticks=3, ticks_a_room=0)
    episode = make(2, config)
    body = episode.body
    assert body is not None
    ask = ask_of(episode)
    assert ask.max_ticks == 3
    yaws = []
    for _ in range(6):
        body.act(Command(turn=0.5))
        yaws.append(body.inner.true_pose[2])
    turned = np.unwrap(np.array(yaws))
    np.testing.assert_allclose(np.diff(turned), [0.5, 0.5, 0, 0, 0], atol=1e-9)
    assert episode.submit(Reply()).values["ticks"] == 3
    episode.close()


def test_a_walk_is_the_same_for_the_same_seed_and_asks_only_about_what_it_showed() -> None:
    config = QuestionAnsweringConfig(mode="episodic", world=SMALL, questions=5)
    runs = []
    for _ in range(2):
        episode = make(7, config)
        assert episode.body is None
        seen: list[Observation] = []
        asks: list[Ask] = []
        while (happening := episode.next()) is not None:
            if isinstance(happening, Ask):
                asks.append(happening)
                assert happening.max_ticks == 0
                episode.submit(Reply(answer=true_answer(episode.question)))
            else:
                assert isinstance(happening, Observation) and not asks
                seen.append(happening)
        shown = set(episode._tour.tracker.shown(2))  # type: ignore[union-attr]
        for question in episode._questions or []:
            about = {instance.id for instance in question.right.instances}
            assert question.about_unseen or about & shown
        assert episode.progress == 1.0 and len(asks) == 5
        runs.append((seen, asks))
        episode.close()
    (first, asks), (second, again) = runs
    assert [ask.text for ask in asks] == [ask.text for ask in again]
    assert [ask.options for ask in asks] == [ask.options for ask in again]
    assert len(first) == len(second) > 60
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(first, second, strict=True))
    ticks = [observation.tick for observation in first]
    assert ticks == list(range(len(first)))
    rooms = {episode.world.house.room_at(*o.T_world_body[:2, 3]) for o in first} - {None}
    assert len(rooms) == 4


def test_wrong_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'active'"):
        QuestionAnsweringConfig(mode="activ")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="options"):
        QuestionAnsweringConfig(options=1)
    with pytest.raises(ConfigError, match="rooms"):
        HouseWorldConfig(rooms=40)
    with pytest.raises(ConfigError, match="floors"):
        HouseWorldConfig(floors=3)
