"""Guests tell what their pictures show, and every agent can act in every one of them."""

import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.guests.memory_gym import COMMANDS, MortarMayhemGrid, MysteryPathGrid
from embodied_mem_envs.guests.minigrid import KINDS, MiniGridMemory
from embodied_mem_envs.guests.play import task
from embodied_mem_envs.guests.table import AGENTS, GUESTS, Agent, guest_named

_FORWARD = 3
# The direction that an agent looks at after so many turns to the left, as (x, y); y grows down.
_LOOKS = {0: (0, -1), 1: (-1, 0), 2: (0, 1), 3: (1, 0)}
_GOES = {"right": (1, 0), "down": (0, 1), "left": (-1, 0), "up": (0, -1), "stay": (0, 0)}


@pytest.mark.parametrize("make", [MortarMayhemGrid, MysteryPathGrid, MiniGridMemory])
def test_symbols_pass_gymnasiums_checks_and_depend_on_the_seed_alone(make: type) -> None:
    check_env(make(), skip_render_check=True)
    played = []
    for _ in range(2):
        env, rng = make(), np.random.default_rng(3)
        seen = [env.reset(seed=5)[0]]
        for _ in range(30):
            observation, *_ = env.step(rng.integers(3))
            seen.append(observation)
        played.append(pickle.dumps(seen))
    assert played[0] == played[1]


def test_mortar_mayhem_shows_its_commands_and_who_carries_them_out_gets_all_of_it() -> None:
    for seed in range(4):
        env = MortarMayhemGrid(commands=3)
        seen, _ = env.reset(seed=seed)
        commands = []
        while COMMANDS[seen["command"]]:
            commands.append(COMMANDS[seen["command"]])
            seen, *_ = env.step(0)
        assert commands == env._game._commands
        total, ended, info = 0.0, False, {}
        for command in commands:
            moves = _moves(int(seen["turned"]), _GOES[command])
            burning = False
            while not (burning or ended):
                seen, reward, ended, _, info = env.step(moves.pop(0) if moves else 0)
                total, burning = total + reward, bool(seen["burning"])
            while seen["burning"] and not ended:
                seen, reward, ended, _, info = env.step(0)
                total += reward
        assert total == pytest.approx(1.0)
        assert info["is_success"]


def test_mortar_mayhem_is_no_success_for_who_misses_the_last_command() -> None:
    env = MortarMayhemGrid(commands=1)
    for seed in range(6):
        env.reset(seed=seed)
        total, ended, info = 0.0, False, {}
        while not ended:
            _, reward, ended, _, info = env.step(0)
            total += reward
        assert info["is_success"] == (total == 1.0) == (env._game._commands == ["stay"])


def test_mystery_path_tells_where_the_agent_is_and_when_it_has_fallen() -> None:
    env = MysteryPathGrid()
    seen, _ = env.reset(seed=2)
    start, path = int(seen["place"]), [(node.x, node.y) for node in env._game.mystery_path.path]
    assert divmod(start, 7) == path[-1]
    fell = reached = 0
    rng = np.random.default_rng(0)
    for _ in range(128):
        before = seen
        seen, _, ended, _, _ = env.step(rng.integers(4))
        if before["fallen"]:
            assert seen["place"] == start
        assert bool(seen["fallen"]) == (divmod(int(seen["place"]), 7) not in path)
        fell += int(seen["fallen"])
        reached += seen["place"] != start
        if ended:
            break
    assert fell
    assert reached > fell


def test_minigrid_tells_walls_and_objects_in_view() -> None:
    env = MiniGridMemory()
    seen, _ = env.reset(seed=1)
    cells = seen.reshape(7, 7, len(KINDS))
    assert cells[..., 0].any()
    assert cells[..., 1:].sum() in (0, 1, 2, 3)
    assert cells.sum(axis=2).max() == 1


def test_every_agent_acts_in_every_guest() -> None:
    rng = np.random.default_rng(0)
    for name, guest in GUESTS.items():
        for agent in AGENTS:
            env = pickle.loads(pickle.dumps(guest.maker(agent)))()
            seen, _ = env.reset(seed=1)
            assert env.observation_space.contains(seen), (name, agent)
            for _ in range(5):
                seen, *_ = env.step(int(rng.integers(env.action_space.n)))
            slots = 1 if agent in ("none", "recurrent") else guest.slots
            assert seen["memory"].shape[0] == slots
            assert guest.place is None or guest.place in seen


def test_the_sound_and_screen_of_this_process_are_left_as_they_were() -> None:
    before = {name: os.environ.get(name) for name in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER")}
    agent: Agent = "none"
    GUESTS["mortar_mayhem"].environment(agent).reset(seed=0)
    assert before == {name: os.environ.get(name) for name in before}


def test_a_process_with_a_game_still_ends_when_it_is_told_to() -> None:
    code = (
        "import os, signal, time\n"
        "from embodied_mem_envs.guests.memory_gym import MortarMayhemGrid\n"
        "MortarMayhemGrid().reset(seed=0)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "time.sleep(1)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGTERM


def test_an_unknown_guest_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="t_maze"):
        guest_named("tmaze")
    for name in ("nowhere_at_all:Maze-v0", "embodied_mem_envs:EmbodiedMem/Maze-v9"):
        with pytest.raises(ConfigError, match="Gymnasium cannot make"):
            task(name, steps=None, slots=None, rule=None)


def _moves(turned: int, goes: tuple[int, int]) -> list[int]:
    """Returns turns to the left and a step, to go in a direction."""
    if goes == (0, 0):
        return []
    lefts = 0
    while _LOOKS[(turned + lefts) % 4] != goes:
        lefts += 1
    return [*([2] if lefts == 3 else [1] * lefts), _FORWARD]
