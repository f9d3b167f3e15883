"""Pictures drawn from what each rule keeps of a patch walk, by generators that are frozen."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from embodied_mem.files import write_bytes
from embodied_mem.types import AnyArray, Int64Array
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval, paired_interval
from embodied_mem_envs.patch_walk.generator import GeneratorConfig, PatchGenerator
from embodied_mem_envs.patch_walk.rendering import contact_sheet
from embodied_mem_envs.patch_walk.rules import RULES, keep_asked, keep_by
from embodied_mem_envs.patch_walk.scoring import decibels, squared_errors
from embodied_mem_envs.patch_walk.training import DrawingConfig, GeneratorTrainer
from embodied_mem_envs.patch_walk.walks import STEPS, PatchWalks, coverage, draw_patch_walks

FIRST_FRESH: Final = 1000
"""Seeds from here on were never used to choose anything."""
BUDGETS: Final = {"eighth": STEPS // 8, "quarter": STEPS // 4, "half": STEPS // 2}
ORACLE: Final = "asked"
"""Keeps what is asked for, since it knows."""
_SHOWN: Final = ("fifo", "place_32", "cover", ORACLE)
_ON_SHEET: Final = 4

Memories = Mapping[str, Mapping[str, Int64Array]]
"""Ticks that are kept, by budget and rule."""


def bench_patch_walk(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Trains generators on memories that hold what is asked for, and freezes them.

    Then each rule decides online what stays in memory, at an eighth, a quarter and half of the
    walk. `patch_mse_<rule>` and the shares of the asked patches and of their pixels that are kept
    are means over the three budgets, all generators and episodes.

    Args:
        quick: One generator, 40 updates and 16 episodes instead of 3, 1500 and 128.
        note: Hears how it goes.
        out: Gets `patch_walk.json`, `patches.png` and the generators.
    """
    seeds = range(FIRST_FRESH, FIRST_FRESH + (1 if quick else 3))
    config = DrawingConfig(updates=40, episodes=4) if quick else DrawingConfig()
    rng = np.random.default_rng(FIRST_FRESH)
    walks = draw_patch_walks(16 if quick else 128, rng)
    memories = {
        budget: {
            **{name: keep_by(rule, walks, size, rng) for name, rule in RULES.items()},
            ORACLE: keep_asked(walks, size, rng),
        }
        for budget, size in BUDGETS.items()
    }
    errors, curves, cpu = [], [], []
    for seed in seeds:
        start = time.process_time()
        generator, curve = _train(config, seed, note)
        cpu.append(time.process_time() - start)
        curves.append(curve)
        errors.append(_errors(generator, walks, memories))
        if out is not None:
            generator.save(out / f"generator_{seed}", {"seed": seed, "updates": config.updates})
            _write_sheet(generator, walks, memories, out / f"patches_{seed}.png")
    table = _table(walks, memories, errors)
    for line in _lines(table):
        note(line)
    if out is not None:
        result = {"rules": table, "curves": curves, "training_cpu_s": cpu, "seeds": list(seeds)}
        write_record(out / "patch_walk.json", result)
    return _figures(table, cpu)


def _train(
    config: DrawingConfig, seed: int, note: Callable[[str], None]
) -> tuple[PatchGenerator, list[float]]:
    generator = PatchGenerator(GeneratorConfig(), seed=seed)
    trainer = GeneratorTrainer(config, generator, seed)
    curve = []
    for _ in range(config.updates):
        curve.append(trainer.update()["mse"])
        if trainer.done % 100 == 0:
            note(f"seed {seed}, update {trainer.done}: MSE {np.mean(curve[-100:]):.4f}")
    return generator, curve


def _errors(
    generator: PatchGenerator, walks: PatchWalks, memories: Memories
) -> dict[str, dict[str, AnyArray]]:
    """Returns (B,) squared errors by budget and rule."""
    return {
        budget: {
            name: squared_errors(walks, generator.draw(walks, kept)) for name, kept in rules.items()
        }
        for budget, rules in memories.items()
    }


def _table(
    walks: PatchWalks, memories: Memories, errors: list[dict[str, dict[str, AnyArray]]]
) -> dict[str, dict[str, Any]]:
    """Returns by budget and rule what was measured, with intervals over episodes."""
    table: dict[str, dict[str, Any]] = {}
    for budget, rules in memories.items():
        fifo = np.mean([each[budget]["fifo"] for each in errors], axis=0)
        for name, kept in rules.items():
            covered = coverage(walks, kept)
            by_seed = np.stack([each[budget][name] for each in errors])
            mean = by_seed.mean(axis=0)
            table.setdefault(budget, {})[name] = {
                "mse": mean_interval(mean.tolist()),
                "mse_against_fifo": paired_interval(mean.tolist(), fifo.tolist()),
                "mse_by_generator": by_seed.mean(axis=1).tolist(),
                "psnr": mean_interval(decibels(by_seed).mean(axis=0).tolist()),
                "patches": mean_interval(covered.patches.tolist()),
                "pixels": mean_interval(covered.pixels.tolist()),
            }
    return table


def _lines(table: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for budget, rules in table.items():
        lines.append(
            f"{budget:10}{'MSE':>9}{'[95 %':>9}{']':>8}{'dB':>7}{'patches':>9}{'pixels':>8}"
        )
        lines += [
            f"{name:10}{row['mse'].mean:9.4f}{row['mse'].lo:9.4f}{row['mse'].hi:8.4f}"
            f"{row['psnr'].mean:7.2f}{row['patches'].mean:9.3f}{row['pixels'].mean:8.3f}"
            for name, row in rules.items()
        ]
    return lines


def _figures(table: Mapping[str, Mapping[str, Any]], cpu: list[float]) -> dict[str, float]:
    figures = {"patch_training_cpu_s": max(cpu)}
    for name in next(iter(table.values())):
        for figure, key in (("mse", "mse"), ("coverage", "patches"), ("pixels", "pixels")):
            values = [rules[name][key].mean for rules in table.values()]
            figures[f"patch_{figure}_{name}"] = float(np.mean(values))
    for budget, rules in table.items():
        figures |= {f"patch_mse_{name}_{budget}": row["mse"].mean for name, row in rules.items()}
    return figures


def _write_sheet(
    generator: PatchGenerator, walks: PatchWalks, memories: Memories, path: Path
) -> None:
    """Draws some episodes at the smallest budget: what was asked for, then a row a rule."""
    some = slice(0, _ON_SHEET)
    rules = memories["eighth"]
    drawn = {name: generator.draw(walks.some(some), rules[name][some]) for name in _SHOWN}
    sheet = contact_sheet(walks.some(some), drawn)
    _, data = cv2.imencode(".png", sheet[..., ::-1])
    write_bytes(path, data.tobytes())
