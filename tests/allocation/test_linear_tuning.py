import numpy as np
import pytest

from embodied_mem.allocation.linear import LinearHead
from embodied_mem.allocation.linear_tuning import SeparableCMA, gentle_coverage, tune_linear
from embodied_mem.allocation.rules import RULES
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.generate import EpisodeConfig
from rule_episodes import begun, episodes, steps


def test_the_search_finds_the_bottom_of_a_stretched_bowl():
    scales, bottom = 10.0 ** np.linspace(-1, 1, 30), np.linspace(-1, 1, 30)
    search = SeparableCMA(np.zeros(30), 0.5, np.random.default_rng(0))
    for _ in range(400):
        tried = search.ask()
        search.tell(tried, -np.square((tried - bottom) * scales).sum(axis=1))
    assert np.allclose(search.mean, bottom, atol=1e-4)


def accuracy(head, drawn) -> float:
    results = list(steps(begun(drawn), head))
    return sum(r.outcomes.sum() for r in results) / sum(r.asked.sum() for r in results)


def test_tuning_finds_what_does_better_on_other_episodes_too():
    config = EpisodeConfig(arrivals=10, slots=3, after=5)
    drawn, other = episodes(48, config, seed=1), episodes(48, config, seed=2)
    head = tune_linear(
        lambda tried, number: accuracy(tried, drawn[16 * number :][:16]), seed=0, evaluations=38 * 3
    )
    assert accuracy(head, other) > accuracy(gentle_coverage(), other) + 0.01
    assert accuracy(head, other) > accuracy(RULES["fifo_coarse"](), other) + 0.04


def test_the_same_seed_finds_the_same_head():
    def towards_one(head: LinearHead, number: int) -> float:
        return -float(np.square(head.weights - 1).sum())

    first, second = (tune_linear(towards_one, seed=3, evaluations=100) for _ in range(2))
    assert np.array_equal(first.weights, second.weights)
    assert not np.array_equal(first.weights, tune_linear(towards_one, 4, 100).weights)


def test_less_than_a_round_is_refused():
    with pytest.raises(ConfigError, match="a round alone"):
        tune_linear(lambda head, number: 0.0, seed=0, evaluations=10)
