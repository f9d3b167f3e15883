"""DCPO beside GRPO: for allocators, and for edits of a working memory."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from embodied_mem.allocation.network import ScorerNetwork
from embodied_mem.allocation.training.dcpo import Dcpo
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.group_trainer import GroupTrainer
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.playing import evaluate, play
from embodied_mem.allocation.training.segments import group_statistics
from embodied_mem.allocation.training.trainer import Trainer
from embodied_mem.memory.working import KeepAll
from embodied_mem.memory.working.policy_editor import PolicyEditor
from embodied_mem_envs.allocation.episode_sets import as_set, draw_episodes, draw_set
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.practice import ALLOCATOR_DCPO
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.context_edit.bounds import clairvoyant
from embodied_mem_envs.context_edit.core import ContextEditCore
from embodied_mem_envs.context_edit.practice import LONGER, draw_tales, practise, tale_set
from embodied_mem_envs.context_edit.rules import RULES
from embodied_mem_envs.context_edit.tale import Tale, TaleConfig
from embodied_mem_envs.context_edit.telling import hear
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

FIRST_FRESH: Final = 1000
"""Seeds from here on were never used to choose anything."""
_HELD_OUT: Final = 2_000_003
_VALIDATION: Final = 500
_AMPLE: Final = 10**6
ALGORITHMS: Final = ("dcpo", "grpo")
EDITORS: Final[Mapping[str, Mapping[str, Any]]] = {
    "dcpo_warm": {
        "algorithm": "dcpo",
        "warm": 16,
        "updates": 34,
        "groups": 24,
        "learning_rate": 1e-3,
        "tales": LONGER,
    },
    "dcpo": {"algorithm": "dcpo"},
    "grpo": {"algorithm": "grpo"},
}
"""How editors are trained, by name; the first imitates one who knows the questions before."""
_QUICK: Final = {"updates": 3, "groups": 4, "pool": 16}

Note = Callable[[str], None]


def bench_dcpo(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Trains allocators and editors by both algorithms and measures them on fresh seeds.

    Args:
        quick: One seed and hardly any training.
        note: Told what comes out.
        out: Folder for every run and rule as JSON, and the trained editors.
    """
    metrics = {"dcpo_group_mean": unit_case()}
    about: dict[str, Any] = {}
    for name, measure in (("editors", _editors), ("allocators", _allocators)):
        found, told = measure(quick, note, out)
        metrics |= found
        about[name] = told
        _write(out, "dcpo.json", {"metrics": metrics, **about})
    return metrics


def _write(out: Path | None, name: str, what: Mapping[str, Any]) -> None:
    if out is not None:
        write_record(out / name, what)


def unit_case() -> float:
    """Returns the mean of a group where one rollout of reward 1 was cut into four segments.

    The other has reward 0 and one segment: 0.5 over rollouts, where segments would say 0.8.
    """
    rewards = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    mean, _ = group_statistics(rewards, np.array([0, 0, 0, 0, 1]), np.zeros(5, np.int64))
    return float(mean[0])


# -- allocators -----------------------------------------------------------------------------------


def _allocators(
    quick: bool, note: Note, out: Path | None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Trains from nothing on the same episodes, as many of them, and evaluates on held-out ones."""
    streams = load_streams()
    seeds = range(FIRST_FRESH, FIRST_FRESH + (1 if quick else 3))
    updates, pool, count = (2, 32, 32) if quick else (30, 512, 512)
    settings: dict[str, Any] = {"updates": updates, "groups": 24, "rollouts": 8, "rows": 192}
    held_out = draw_set(streams, EpisodeConfig(held_out=True), count, _HELD_OUT)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ALGORITHMS}
    for seed in seeds:
        episodes = as_set(draw_episodes(streams, EpisodeConfig(), pool, seed), expected=True)
        for name in ALGORITHMS:
            trainer: GroupTrainer[Any] = (
                Dcpo(replace(ALLOCATOR_DCPO, **settings, batch=256), episodes, seed)
                if name == "dcpo"
                else Grpo(GrpoConfig(**settings, batch=1024), episodes, seed)
            )
            began = time.process_time()
            while trainer.done < trainer.updates:
                trainer.update()
            used = time.process_time() - began
            accuracy = float(evaluate(trainer.trained(), held_out).accuracy.mean())
            note(f"allocator, {name}, seed {seed}: {accuracy:.3f} in {used:.0f} CPU-s")
            runs[name].append({"seed": seed, "accuracy": accuracy, "cpu_s": used})
    metrics: dict[str, float] = {}
    for name, found in runs.items():
        metrics |= _interval(f"{name}_accuracy", [run["accuracy"] for run in found])
        metrics[f"{name}_train_cpu_s"] = float(np.mean([run["cpu_s"] for run in found]))
    return metrics, {"settings": settings, "pool": pool, "evaluated": count, "runs": runs}


# -- editors --------------------------------------------------------------------------------------


def _editors(quick: bool, note: Note, out: Path | None) -> tuple[dict[str, float], dict[str, Any]]:
    """Trains editors on short tales, and evaluates them and rules on full ones."""
    tales = draw_tales(TaleConfig(), 24 if quick else 300, _HELD_OUT)
    metrics, told = _fixed(tales, note)
    validation = tale_set(draw_tales(TaleConfig(), 8 if quick else 100, _VALIDATION))
    test = tale_set(tales)
    settings: dict[str, Any] = dict(_QUICK) if quick else {}
    runs: list[dict[str, Any]] = []
    unlimited = told["unlimited_tokens"]
    for seed in range(FIRST_FRESH, FIRST_FRESH + (1 if quick else 3)):
        for name, own in EDITORS.items():
            warm = min(int(own.get("warm", 0)), 1 if quick else 100)
            practiced = practise(seed=seed, **{**own, **settings, "warm": warm})
            curve, best, used = train(practiced.trainer, validation, 10)
            with TemporaryDirectory() as folder:
                path = (out or Path(folder)) / f"editor_{name}_{seed}"
                path.parent.mkdir(parents=True, exist_ok=True)
                best.save(path, practiced.about)
                editor = PolicyEditor.load(path)
            scores = evaluate(best, test)
            heard = [hear(tale, editor) for tale in tales[: 8 if quick else 60]]
            run = {
                "algorithm": name,
                "seed": seed,
                "cpu_s": used,
                "success": float((scores.reward == 1).mean()),
                "answered": float(scores.accuracy.mean()),
                "success_in_working_memory": float(np.mean([each.success for each in heard])),
                "tokens_ratio": float(np.mean([each.tokens for each in heard])) / unlimited,
                "curve": curve,
            }
            note(f"editor, {name}, seed {seed}: {_short(run)}")
            runs.append(run)
            _write(out, "editors.json", {**told, "runs": runs})
    for name in EDITORS:
        mine = [run for run in runs if run["algorithm"] == name]
        metrics |= _interval(f"edit_success_{name}", [run["success"] for run in mine])
        metrics[f"edit_tokens_ratio_{name}"] = float(np.mean([r["tokens_ratio"] for r in mine]))
        metrics[f"edit_train_cpu_s_{name}"] = float(np.mean([run["cpu_s"] for run in mine]))
    return metrics, {**told, "runs": runs}


def train(
    trainer: Trainer, validation: EpisodeSet, every: int
) -> tuple[list[dict[str, float]], ScorerNetwork, float]:
    """Trains to the end; returns the curve, the best policy on validation tales, and CPU-s."""
    curve: list[dict[str, float]] = []
    best, most, used = _policy(trainer), -1.0, 0.0
    while trainer.done < trainer.updates:
        began = time.process_time()
        trainer.update()
        used += time.process_time() - began
        if trainer.done % every and trainer.done < trainer.updates:
            continue
        scores = evaluate(_policy(trainer), validation)
        success = float((scores.reward == 1).mean())
        learned = float(trainer.ready)
        point = {"update": trainer.done, "cpu_s": used, "success": success, "ready": learned}
        curve.append(point)
        if trainer.ready and success > most:
            best, most = _policy(trainer), success
    return curve, best, used


def _policy(trainer: Trainer) -> ScorerNetwork:
    policy = trainer.trained()
    assert isinstance(policy, ScorerNetwork)
    return policy


def _fixed(tales: list[Tale], note: Note) -> tuple[dict[str, float], dict[str, Any]]:
    """Measures what needs no training: no cap, HiAgent's rule as it is, rules, and the bound."""
    full = [hear(tale, KeepAll(), _AMPLE) for tale in tales]
    hiagent = [hear(tale, None) for tale in tales]
    unlimited = float(np.mean([each.tokens for each in full]))
    success = {
        "unlimited": [float(each.success) for each in full],
        "close_and_summarise": [float(each.success) for each in hiagent],
    }
    answered = {
        "unlimited": float(np.mean([each.answered / each.asked for each in full])),
        "close_and_summarise": float(np.mean([each.answered / each.asked for each in hiagent])),
    }
    episodes = tale_set(tales)
    for name, rule in RULES.items():
        scores = evaluate(rule, episodes)
        success[name] = (scores.reward == 1).astype(float).tolist()
        answered[name] = float(scores.accuracy.mean())
    core = episodes.make_core(len(tales))
    assert isinstance(core, ContextEditCore)
    scores = play(core, len(tales), np.arange(len(tales)), clairvoyant(core))
    success["clairvoyant"] = (scores.reward == 1).astype(float).tolist()
    answered["clairvoyant"] = float(scores.accuracy.mean())
    metrics = {f"edit_success_{name}": float(np.mean(each)) for name, each in success.items()}
    told = {name: mean_interval(each) for name, each in success.items()}
    for name, each in told.items():
        note(f"editor, {name}: {each.mean:.3f} [{each.lo:.3f}, {each.hi:.3f}]")
    table: Mapping[str, Any] = {
        name: {"success": [each.mean, each.lo, each.hi], "answered": answered[name]}
        for name, each in told.items()
    }
    return metrics, {"tales": len(tales), "unlimited_tokens": unlimited, "rules": table}


def _short(run: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v:.3f}" for k, v in run.items() if isinstance(v, float))


def _interval(name: str, values: list[float]) -> dict[str, float]:
    """Returns the mean over seeds and its interval."""
    found = mean_interval(values)
    metrics = {name: found.mean}
    if len(values) > 1:
        metrics |= {f"{name}_lo": found.lo, f"{name}_hi": found.hi}
    return metrics
