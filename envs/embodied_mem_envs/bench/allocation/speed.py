"""How fast the environment and a decision are, CPU time of one core."""

import time

import numpy as np

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.episode_sets import draw_episodes
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.allocation.table import EpisodeTable
from embodied_mem_envs.bench.allocation.families import policy_path

_BATCH = 1024
_STEPS = 60
_REPEATS = 5


def bench_speed(*, quick: bool) -> dict[str, float]:
    """Returns `env_steps_per_s`, with observations written, and `decision_us`; best of five."""
    return {
        "env_steps_per_s": _steps_per_second(200 if quick else 1000),
        "decision_us": _decision_us(),
    }


def _steps_per_second(episodes: int) -> float:
    """Steps of the batched core with valid random operations; choosing them is not counted."""
    rng = np.random.default_rng(0)
    table = EpisodeTable(draw_episodes(load_streams(), EpisodeConfig(), episodes, 0), expected=True)
    core = AllocationCore(table, _BATCH)
    core.begin(np.arange(_BATCH), rng.integers(len(table), size=_BATCH))
    best = np.inf
    for _ in range(_REPEATS):
        spent = 0.0
        for _ in range(_STEPS):
            start = time.process_time()
            slots, _, mask = core.observe()
            spent += time.process_time() - start
            score = rng.random(mask.shape, dtype=np.float32)
            score[:, :, 0] += 0.5
            score[:, -1, 0] += 1.0
            actions = (score * mask).reshape(len(slots), -1).argmax(axis=1)
            start = time.process_time()
            ended = np.flatnonzero(core.step(actions).done)
            if len(ended):
                core.begin(ended, rng.integers(len(table), size=len(ended)))
            spent += time.process_time() - start
        best = min(best, spent)
    return _BATCH * _STEPS / best


def _decision_us() -> float:
    """One decision of the shipped network in NumPy, for 6 slots."""
    network = ScorerNetwork.load(policy_path("house", "ppo", 0))
    table = EpisodeTable(draw_episodes(load_streams(), EpisodeConfig(), 1, 0))
    core = AllocationCore(table, 1)
    core.begin(np.array([0]), np.array([0]))
    slots, context, mask = core.observe()
    best = np.inf
    for _ in range(20):
        start = time.process_time()
        for _ in range(200):
            network.act(slots[0], context[0], mask[0])
        best = min(best, (time.process_time() - start) / 200)
    return 1e6 * best
