"""Hidden rules keep the contract of episodes."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem_envs.tasks.episode import Ask, Reply, Utterance
from embodied_mem_envs.tasks.hidden_rule.briefing import read_briefing
from embodied_mem_envs.tasks.hidden_rule.calls import Call, decode_outcome, encode_call
from embodied_mem_envs.tasks.hidden_rule.episode import HiddenRuleEpisode
from embodied_mem_envs.tasks.hidden_rule.game import GameConfig
from embodied_mem_envs.tasks.hidden_rule.locking import action_entropies, locking

REST = Reply(text=encode_call(Call(tool="rest")))


def asks(episode: HiddenRuleEpisode) -> Ask:
    happening = episode.next()
    assert isinstance(happening, Ask)
    return happening


def test_an_episode_briefs_asks_for_calls_and_then_for_rules() -> None:
    episode = HiddenRuleEpisode(5, GameConfig(steps=4, rules=2))
    briefing = episode.next()
    assert isinstance(briefing, Utterance)
    told = read_briefing(briefing.text)
    assert told.map == episode.game.rooms
    assert told.triggers == tuple(rule.trigger for rule in episode.game.rules)
    assert not any(rule.text in briefing.text for rule in episode.game.rules)
    for step in range(4):
        ask = asks(episode)
        assert ask.kind == "call" and decode_outcome(ask.text).step == step
        with pytest.raises(EvaluationError, match="not answered"):
            episode.next()
        episode.submit(REST)
    for number, rule in enumerate(episode.game.rules):
        ask = asks(episode)
        assert ask.kind == "rule" and f"`{rule.trigger}`" in ask.text
        judgement = episode.submit(Reply(text=rule.text))
        assert judgement.right and judgement.values["rule_score"] == 1.0
        assert ("locking" in judgement.values) == (number == 1)
    assert episode.next() is None and episode.progress == 1.0
    with pytest.raises(EvaluationError, match="no open ask"):
        episode.submit(REST)


def test_what_is_no_call_and_no_rule_is_judged_so() -> None:
    episode = HiddenRuleEpisode(5, GameConfig(steps=2, rules=1))
    episode.next()
    asks(episode)
    judgement = episode.submit(Reply(text="jump"))
    assert not judgement.right and "not a call" in judgement.reason
    asks(episode)
    assert not episode.submit(Reply(text=encode_call(Call(tool="move", target="moon")))).right
    asks(episode)
    judgement = episode.submit(Reply(text="when it rains"))
    assert judgement.progress == 0.0 and "not a rule: word 1" in judgement.reason
    assert judgement.values["malformed_rules"] == 1.0


def test_submitting_ends_the_exploration() -> None:
    episode = HiddenRuleEpisode(6)
    episode.next()
    asks(episode)
    episode.submit(Reply(text=encode_call(Call(tool="submit"))))
    assert asks(episode).kind == "rule"


def test_thinking_costs_steps_of_the_world() -> None:
    episode = HiddenRuleEpisode(6, GameConfig(steps=10), thinking_steps=3)
    episode.next()
    steps = []
    while (ask := asks(episode)).kind == "call":
        steps.append(decode_outcome(ask.text).step)
        episode.submit(REST)
    assert steps == [0, 4, 8]
    with pytest.raises(ConfigError, match="thinking_steps is -1"):
        HiddenRuleEpisode(6, thinking_steps=-1)


def test_calls_come_with_pictures_of_the_room_where_asked() -> None:
    episode = HiddenRuleEpisode(6, GameConfig(steps=3), pictures=True)
    episode.next()
    first = asks(episode)
    episode.submit(REST)
    again = asks(episode)
    assert first.image is not None and again.image is not None
    assert first.image.shape == (192, 256, 3) and first.image.std() > 10
    np.testing.assert_array_equal(first.image, again.image)
    rooms = episode.game.rooms
    there = rooms.names[rooms.neighbours[episode.game.world.room][0]]
    assert episode.submit(Reply(text=encode_call(Call(tool="move", target=there)))).right
    moved = asks(episode)
    assert moved.image is not None and not np.array_equal(moved.image, first.image)


def test_locking_is_the_loss_of_variety() -> None:
    varied, stuck = [str(number) for number in range(50)], ["same"] * 50
    assert action_entropies(varied + stuck) == pytest.approx((1.0, 0.0))
    assert locking(action_entropies(varied + stuck)) == 1.0
    assert locking(action_entropies(stuck + varied)) == 0.0
    assert locking(action_entropies(varied)) == 0.0
