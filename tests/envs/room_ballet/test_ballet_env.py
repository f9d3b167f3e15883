"""`EmbodiedMem/RoomBallet-v0` pays for keeping, or knowing, how someone danced."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.room_ballet.env import RoomBalletEnv
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES, MOTIONS
from embodied_mem_envs.room_ballet.multi_task import TASKS

ID = "embodied_mem_envs:EmbodiedMem/RoomBallet-v0"
SHORT: dict[str, Any] = {"game": "short_stay", "rooms": 4, "steps": 70}


def oldest(observation: dict[str, Any]) -> int:
    return int(observation["memory_time"].argmin())


def play(env: gym.Env[Any, Any], act: Any, **reset: Any) -> tuple[list[Any], float, dict[str, Any]]:
    observation, info = env.reset(**reset)
    seen, reward, ended = [observation], 0.0, False
    while not ended:
        observation, gained, ended, _, info = env.step(act(observation))
        seen.append(observation)
        reward += float(gained)
    return seen, reward, info


@pytest.mark.parametrize("settings", [{}, SHORT], ids=["multi_task", "short_stay"])
def test_gymnasium_accepts_the_environment(settings: dict[str, Any]) -> None:
    check_env(gym.make(ID, render_mode="rgb_array", **settings).unwrapped)


@pytest.mark.filterwarnings("ignore::UserWarning")  # it takes stacks of frames for pictures
def test_stable_baselines_accepts_the_environment() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(RoomBalletEnv(task_label=False))
    checker.check_env(RoomBalletEnv(**SHORT))


def test_pixels_show_the_squares() -> None:
    squares, pictures = RoomBalletEnv(), RoomBalletEnv(observation="pixels")
    check_env(pictures, skip_render_check=True)
    one, other = squares.reset(seed=4)[0], pictures.reset(seed=4)[0]
    assert other["memory_dance"].shape == (9, 16, 45, 45, 3)
    middle = other["memory_dance"][:, :, 4::9, 4::9].any(axis=-1)
    dancers = (one["memory_dance"] > 1).reshape(9, 16, 5, 5)
    assert (middle[:, :, 1:-1, 1:-1] <= dancers[:, :, 1:-1, 1:-1]).all()
    assert (one["memory_place"] == other["memory_place"]).all()


def test_slots_hold_what_the_actions_put_there() -> None:
    env = RoomBalletEnv(dances=10, rooms=4)
    first, _ = env.reset(seed=2)
    assert first["memory_time"].tolist() == [0, 32, 64, 96, 128] and first["time"] == [160]
    second, *_ = env.step(3)
    assert second["memory_time"].tolist() == [0, 32, 64, 160, 128] and second["time"] == [192]
    assert (second["memory_dance"][3] == first["dance"]).all()
    assert second["memory_place"][3] == first["place"]
    third, *_ = env.step(5)
    assert (third["memory_dance"] == second["memory_dance"]).all()
    motion = (first["dance"].reshape(16, -1) > 1).argmax(axis=1)
    rows, columns = np.divmod(motion, 5)
    assert ((rows - 1) * 3 + columns - 1).tolist() in MOTIONS.tolist()


def test_keeping_what_the_task_asks_for_is_paid() -> None:
    env = RoomBalletEnv()
    outcomes: dict[str, list[float]] = {task: [] for task in TASKS}
    for seed in range(60):
        seen, reward, info = play(env, oldest, seed=seed)
        assert len(seen) == 10 and info["kept"] == info["is_success"] == bool(reward)
        assert TASKS[int(seen[0]["task"].argmax())] == info["task"]
        outcomes[info["task"]].append(reward)
    assert np.mean(outcomes["fifo"]) == 1.0 and np.mean(outcomes["lifo"]) == 0.0
    assert 0.0 < np.mean(outcomes["lvfo"]) < 1.0
    assert play(env, oldest, options={"task": "fifo"})[1] == 1.0


def test_the_end_shows_who_is_asked_for_and_a_reader_may_answer() -> None:
    asked = []

    def reader(episodes, kept, dances):
        asked.append((kept.copy(), dances.copy()))
        return np.take_along_axis(episodes.motion, dances, axis=1)

    env = RoomBalletEnv(task="lifo", reader=reader, task_label=False)
    seen, reward, info = play(env, oldest, seed=3)
    assert "task" not in seen[0]
    assert (reward, info["kept"], info["answer"]) == (1.0, False, info["motion"])
    assert asked[0][0].tolist() == [[*range(9, 18)]] and asked[0][1] == [[info["target"]]]
    assert (seen[-1]["dance"] == seen[-1]["dance"][0]).all()


def test_short_stay_pays_the_right_answer_only() -> None:
    env = RoomBalletEnv(**SHORT)
    seen, reward, info = play(env, lambda _: 0, seed=1, options={"room": 2})
    assert len(seen) == 72 and info["room"] == 2
    assert [int(each["asked"]) for each in seen[-3:]] == [0, 1, 1]
    right = MOTION_NAMES.index(info["motion"])
    assert reward == float(right == 0)
    assert play(env, lambda _: right, seed=1, options={"room": 2})[1] == 1.0
    steps = [each["picture"] for each in seen[:-2] if each["place"] == 2]
    dancer = seen[-1]["picture"][12]
    assert len(steps) > 5 and all((picture == dancer).any() for picture in steps)


def test_it_is_deterministic_and_can_be_pickled_in_the_middle() -> None:
    env = RoomBalletEnv()
    env.reset(seed=1)
    env.step(4)
    again = pickle.loads(pickle.dumps(env))
    for one, other in zip(
        *([each.step(2) for _ in range(8)] for each in (env, again)), strict=True
    ):
        assert all((one[0][name] == other[0][name]).all() for name in one[0])
        assert one[1:] == other[1:]


def test_it_runs_in_parallel() -> None:
    envs = gym.make_vec(
        ID, num_envs=2, vectorization_mode="async", vector_kwargs={"context": "spawn"}
    )
    try:
        observation, _ = envs.reset(seed=[5, 6])
        alone, _ = RoomBalletEnv().reset(seed=6)
        assert (observation["memory_dance"][1] == alone["memory_dance"]).all()
        assert envs.step(np.array([0, 9]))[0]["time"].tolist() == [[320.0], [320.0]]
    finally:
        envs.close()


def test_render_shows_the_dance_and_the_slots() -> None:
    env = RoomBalletEnv(render_mode="rgb_array")
    with pytest.raises(gym.error.ResetNeeded):
        env.render()
    env.reset(seed=0)
    before = env.render()
    assert before is not None and before.shape == (180, 365, 3)
    env.step(0)
    after = env.render()
    assert after is not None
    changed = (before != after).any(axis=2)
    assert changed[:45, 185:230].any() and not changed[:45, 230:].any()


def test_what_it_cannot_do_is_refused() -> None:
    for settings in (
        {"game": "solo"},
        {"task": "lru"},
        {"observation": "smell"},
        {"render_mode": "ansi"},
        {"capacity": 18},
        {"game": "short_stay", "rooms": 8},
        {"game": "short_stay", "task": "fifo"},
        {"game": "short_stay", "capacity": 9},
        {"rooms": 0},
        {"steps": 64},
    ):
        with pytest.raises(ConfigError):
            RoomBalletEnv(**settings)
    env = RoomBalletEnv()
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ConfigError):
        env.reset(options={"room": 1})
    with pytest.raises(ConfigError, match="0 to 15"):
        RoomBalletEnv(game="short_stay").reset(options={"room": 16})
    env.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(10)
