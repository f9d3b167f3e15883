"""One policy for two tasks: what fixed rules can have, and that the trained one has both."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from embodied_mem.errors import ConfigError

pytest.importorskip("popgym")

from embodied_mem_envs.bench.allocation.label_free_pair import SEEDS, load_policy, policy_return
from embodied_mem_envs.bench.allocation.pair_env import (
    SLOTS,
    STEPS,
    SUITS,
    TASKS,
    PairEnv,
    pair_with_agent,
)
from embodied_mem_envs.bench.allocation.pair_policy import PairPolicy, parameter_shapes
from embodied_mem_envs.bench.allocation.pair_rules import FIXED, best_worst, rule_return

EPISODES = range(2_000_000, 2_000_020)


def random_policy(seed: int = 0, hidden: int = 8) -> PairPolicy:
    rng = np.random.default_rng(seed)
    shapes = parameter_shapes(hidden)
    return PairPolicy({name: rng.normal(size=shape) for name, shape in shapes.items()})


def inputs_of_a_walk(steps: int = 30) -> dict[str, np.ndarray]:
    env, rng = pair_with_agent(), np.random.default_rng(3)
    seen = [env.reset(seed=5)[0]]
    seen += [env.step(rng.integers(4, size=2))[0] for _ in range(steps)]
    return {key: np.stack([one[key] for one in seen]) for key in seen[0]}


@pytest.mark.parametrize("task", TASKS)
def test_naming_the_card_that_is_asked_for_earns_the_optimum(task: str) -> None:
    env, cards, total = PairEnv(), [], 0.0
    cards.append(int(env.reset(seed=7, options={"task": task})[0]))
    for step in range(STEPS):
        wanted = cards[0] if task == "repeat_first" else cards[max(step - 3, 0)]
        suit, reward, ended, _, info = env.step(wanted)
        assert ended == (step == STEPS - 1) and not info
        cards.append(int(suit))
        total += reward
    assert total == pytest.approx(1.0)


def test_both_tasks_are_drawn_and_nothing_but_the_rewards_tells_which() -> None:
    env = PairEnv()
    drawn = []
    for seed in range(60):
        _, info = env.reset(seed=seed)
        assert info == {}
        drawn.append(env.step(0)[1] == 0.0)  # only the first task pays at the first step
    assert 15 < sum(drawn) < 45
    first, previous = ({}, {})
    for task, seen in zip(TASKS, (first, previous), strict=True):
        walk = pair_with_agent()
        observation = walk.reset(seed=11, options={"task": task})[0]
        cards = [observation["entries"][-1, :SUITS]]
        for _ in range(9):
            observation = walk.step(np.array([0, 0]))[0]
            cards.append(observation["entries"][-1, :SUITS])
        seen["cards"], seen["entries"] = np.stack(cards), observation["entries"]
    np.testing.assert_array_equal(first["cards"], previous["cards"])
    sign = SUITS + 1
    others = [column for column in range(first["entries"].shape[1]) if column != sign]
    np.testing.assert_array_equal(first["entries"][:, others], previous["entries"][:, others])
    assert set(np.unique(previous["entries"][:, sign])) <= {-1.0, 0.0, 1.0}


def test_entries_say_what_is_in_sight() -> None:
    env = pair_with_agent()
    seen = env.reset(seed=1, options={"task": "repeat_first"})[0]
    first = seen["entries"][-1, :SUITS]
    for step in range(6):
        seen = env.step(np.array([int(first.argmax()), 1 if step > 2 else 0]))[0]
    entries = seen["entries"]
    np.testing.assert_array_equal(entries[0, :SUITS], first)
    np.testing.assert_allclose(np.expm1(entries[:, SUITS]), [6, 2, 1, 0], atol=1e-5)
    assert entries[:, SUITS + 1].tolist() == [0.0, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(entries[:, SUITS + 2], [1, 2 / 6, 1 / 6, 0], atol=1e-5)
    assert entries[:, SUITS + 3].tolist() == [1.0] * SLOTS
    np.testing.assert_array_equal(seen["shared"], [*first, 1.0])
    assert env.observation_space.contains(seen)


@pytest.mark.parametrize(
    ("rule", "first", "previous"),
    [
        ("fifo", -0.39, 1.0),
        ("keep_first", 1.0, -0.38),
        ("keep_first_and_newest", 1.0, -0.48),
        ("random", -0.24, 0.16),
    ],
)
def test_fixed_rules_have_what_was_measured_before(
    rule: str, first: float, previous: float
) -> None:
    for task, expected in zip(TASKS, (first, previous), strict=True):
        value = rule_return(rule, task, refuse=True, seeds=EPISODES)
        exact = expected == 1.0
        assert value == pytest.approx(expected, abs=1e-9 if exact else 0.12), task


def test_no_fixed_rule_has_both() -> None:
    few = range(2_000_000, 2_000_005)
    returns = {
        rule: (
            rule_return(rule, TASKS[0], refuse=False, seeds=few),
            rule_return(rule, TASKS[1], refuse=False, seeds=few),
        )
        for rule in FIXED
    }
    assert best_worst(returns)[1] < 0.1
    assert best_worst({"a": (0.1, 0.9), "b": (0.3, 0.2)}) == ("b", 0.2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_shipped_policy_has_nine_tenths_of_both(seed: int) -> None:
    policy = load_policy(seed)
    assert policy.about["seed"] == seed
    for task in TASKS:
        assert policy_return(policy, task, EPISODES) >= 0.9


def test_a_policy_is_saved_and_read(tmp_path: Path) -> None:
    policy, inputs = random_policy(), inputs_of_a_walk()
    policy.save(tmp_path / "one")
    again = PairPolicy.load(tmp_path / "one")
    for a, b in zip(policy.logits(inputs), again.logits(inputs), strict=True):
        np.testing.assert_array_equal(a, b)
    (tmp_path / "one.safetensors").write_bytes(b"broken")
    with pytest.raises(ConfigError, match="damaged"):
        PairPolicy.load(tmp_path / "one")


def test_a_policy_does_not_care_for_the_order_of_the_cards() -> None:
    policy, inputs = random_policy(), inputs_of_a_walk()
    order = [2, 0, 3, 1]
    turned = {**inputs, "entries": inputs["entries"][:, order]}
    answers, goes = policy.logits(inputs)
    answers_turned, goes_turned = policy.logits(turned)
    np.testing.assert_allclose(answers, answers_turned, atol=1e-4)
    np.testing.assert_allclose(goes[:, order], goes_turned, atol=1e-4)


def test_wrong_weights_are_named() -> None:
    parameters = random_policy().parameters
    with pytest.raises(ConfigError, match="no weights of a policy"):
        PairPolicy({name: parameters[name] for name in list(parameters)[1:]})
    with pytest.raises(ConfigError, match="not finite"):
        PairPolicy({**parameters, "sharpness": np.array([np.nan])})
    with pytest.raises(ConfigError, match="did you mean 'repeat_first'"):
        PairEnv().reset(options={"task": "repeat_firs"})


def test_the_network_is_the_same_in_numpy_and_torch() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("stable_baselines3")
    from embodied_mem_envs.bench.allocation.pair_training import PairNetwork

    torch.manual_seed(2)
    network, inputs = PairNetwork(8), inputs_of_a_walk()
    policy = PairPolicy(network.parameters_of_policy())
    with torch.no_grad():
        answers, goes, _ = network(*(torch.from_numpy(inputs[key]) for key in inputs))
    for ours, theirs in zip(policy.logits(inputs), (answers, goes), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)


def test_training_is_the_same_with_the_same_seed() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("stable_baselines3")
    from embodied_mem_envs.bench.allocation.pair_training import (
        PairNetwork,
        PairTrainingConfig,
        train_pair,
    )

    config = PairTrainingConfig(updates=2, environments=16, minibatches=4)
    first, second = train_pair(1, config), train_pair(1, config)
    fresh = PairNetwork(config.hidden).parameters_of_policy()
    for name, weights in first.parameters.items():
        np.testing.assert_array_equal(weights, second.parameters[name])
        assert not np.array_equal(weights, fresh[name])
    assert first.about["steps"] == 2 * 16 * STEPS


def test_the_pair_is_a_gymnasium_environment() -> None:
    env = pair_with_agent()
    assert isinstance(env.action_space, gym.spaces.MultiDiscrete)
    assert env.action_space.nvec.tolist() == [SUITS, SLOTS]
