"""Agents with each of the four memories train, save and act; the transformer learns to recall."""

from pathlib import Path

import numpy as np
import pytest
import torch

from embodied_mem.cli.train_policy import TrainPolicy
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.training.policy import PolicyConfig, evaluate_policy, train_policy
from embodied_mem.models.training.policy_extractor import SATExtractor
from embodied_mem.models.training.policy_files import load_policy, save_policy
from embodied_mem_envs.guests.memory_gym import MysteryPathGrid
from embodied_mem_envs.guests.table import AGENTS, GUESTS, Agent
from embodied_mem_envs.t_maze import TMazeEnv
from embodied_mem_envs.wrappers import Memory

_SMALL = {"environments": 4, "horizon": 16, "minibatches": 1, "epochs": 1, "hidden": 16}


def _short_maze() -> Memory:
    return Memory(TMazeEnv(length=6), 3, "keep_first")


def test_a_transformer_learns_to_turn_where_the_sign_said_and_without_memory_nobody_does() -> None:
    reached = {}
    for memory, slots, steps in (("sat", 3, 6_000), ("none", 1, 2_000)):
        rule = "keep_first" if memory == "sat" else "fifo"

        def make(slots: int = slots, rule: str = rule) -> Memory:
            return Memory(TMazeEnv(length=4), slots, rule)

        config = PolicyConfig(memory=memory, steps=steps, environments=16, horizon=32, hidden=32)
        trained = train_policy(make, config)
        played = evaluate_policy(trained.model, make, range(5000, 5060))
        reached[memory] = np.mean([won for _, won in played])
    assert reached["sat"] > 0.9
    assert reached["none"] < 0.8


@pytest.mark.parametrize("memory", AGENTS)
def test_a_saved_policy_acts_as_the_trained_one(memory: Agent, tmp_path: Path) -> None:
    make = GUESTS["t_maze"].maker(memory)
    trained = train_policy(make, PolicyConfig(memory=memory, steps=64, **_SMALL))
    again = train_policy(make, PolicyConfig(memory=memory, steps=64, **_SMALL))
    for a, b in zip(
        trained.model.policy.parameters(), again.model.policy.parameters(), strict=True
    ):
        assert torch.equal(a, b)
    save_policy(tmp_path / "policy", trained, {"env": "t_maze"})
    model, config = load_policy(tmp_path / "policy", make)
    assert config == trained.config
    seeds = range(10, 13)
    assert evaluate_policy(model, make, seeds) == evaluate_policy(trained.model, make, seeds)


def test_weights_of_another_environment_are_refused(tmp_path: Path) -> None:
    trained = train_policy(_short_maze, PolicyConfig(memory="stack", steps=64, **_SMALL))
    save_policy(tmp_path / "policy", trained, {})
    with pytest.raises(ConfigError, match="another environment"):
        load_policy(tmp_path / "policy", GUESTS["repeat_first"].maker("stack"))
    about = tmp_path / "policy.json"
    about.write_text(about.read_text().replace('"horizon"', '"sight"'))
    with pytest.raises(ConfigError, match="another version"):
        load_policy(tmp_path / "policy", _short_maze)


def test_entries_have_their_true_age_and_place() -> None:
    env = Memory(MysteryPathGrid(), 4, "keep_first")
    extractor = SATExtractor(
        env.observation_space, sat=SATConfig(width=16, heads=2, read="flat"), place="place"
    )
    places = [env.reset(seed=4)[0]["place"]]
    for action in (1, 3, 2, 3, 3, 1):
        seen = env.step(action)[0]
        places.append(seen["place"])
    told = {name: torch.as_tensor(seen[name])[None].float() for name in seen}
    for name in ("fallen", "place", "turned"):
        told[name] = torch.nn.functional.one_hot(
            torch.as_tensor(seen[name]), env.observation_space[name].n
        )[None].float()
    now = torch.cat([told[name] for name in ("fallen", "place", "turned")], dim=1)
    batch = extractor._batch(told, now)
    assert batch.entry_time.tolist() == [[6, 5, 4, 3]]
    assert batch.entry_place.tolist() == [[int(each) for each in places[:4]]]
    assert batch.query_place.tolist() == [[[int(places[-1])]]]
    assert batch.query_time.tolist() == [[[0]]]
    assert extractor(told).shape == (1, 32)


def test_what_cannot_be_read_is_refused() -> None:
    space = _short_maze().observation_space
    with pytest.raises(ConfigError, match="place"):
        SATExtractor(space, sat=SATConfig(width=16, heads=2, read="flat"), place="room")
    with pytest.raises(ConfigError, match="Memory"):
        SATExtractor(
            Memory(TMazeEnv(), 2, "fifo", past_reward=False).observation_space,
            sat=SATConfig(width=16, heads=2, read="flat"),
        )
    with pytest.raises(ConfigError, match="recurrent"):
        PolicyConfig(memory="recurent")  # type: ignore[arg-type]


def test_the_command_trains_in_any_environment_of_gymnasium(tmp_path: Path) -> None:
    command = TrainPolicy(
        env="embodied_mem_envs:EmbodiedMem/TMaze-v0", out=tmp_path, steps=10, slots=2, evaluated=2
    )
    assert command.run() == 0
    assert {each.name for each in tmp_path.iterdir()} == {
        "policy.safetensors",
        "policy.json",
        "result.json",
    }
