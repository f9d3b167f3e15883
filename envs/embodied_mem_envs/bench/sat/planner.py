"""What training a reader of long episodes keeps for the gradient, and what keeping less costs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn

from embodied_mem.models.sat.activations_meter import SavedBytes
from embodied_mem.models.sat.activations_tree import tensors_in
from embodied_mem.models.sat.config import Activations, SATConfig
from embodied_mem.models.sat.encoders import CellEncoder
from embodied_mem.models.sat.heads import ClassificationHead
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.room_ballet.batches import walk_batch
from embodied_mem_envs.room_ballet.pictures import square_pictures
from embodied_mem_envs.room_ballet.short_stay import Stay, draw_walks

BUDGETS: Final = (0.05, 0.1, 0.2, 0.4)
"""Shares of what is kept otherwise; the second is the one that is to be reached."""
_SEED: Final = 1000
_DANCES: Final = 8


@dataclass(frozen=True, kw_only=True)
class _Step:
    seconds: float
    held: int
    gradients: list[Tensor]


@final
class _Training:
    """Steps of the same training, whose activations are treated in different ways."""

    def __init__(self, episodes: int, steps: int) -> None:
        rng = np.random.default_rng(_SEED)
        walks = draw_walks(Stay(rooms=16, steps=steps), episodes, rng)
        self.batch, labels = walk_batch(walks, rng.integers(16, size=(episodes, 1)))
        self.labels = labels.flatten()
        self.squares = torch.from_numpy(square_pictures().copy())

    def make(self, activations: Activations, budget: int | None = None) -> nn.Module:
        """Returns a model with its head; all have the same weights."""
        torch.manual_seed(_SEED)
        config = SATConfig(layers=4, activations=activations, activation_bytes=budget)
        model = SpatiallyAwareTransformer(config, CellEncoder(squares=self.squares))
        return nn.Sequential(model, ClassificationHead(width=config.width, classes=_DANCES))

    def step(self, model: nn.Module) -> _Step:
        """Goes forward and back once."""
        model.zero_grad()
        known = [*tensors_in(self.batch), *model.parameters(), *model.buffers()]
        start = time.process_time()
        with SavedBytes(known) as saved:
            logits = model(self.batch).flatten(0, 1)
            loss = nn.functional.cross_entropy(logits, self.labels)
        torch.autograd.backward(loss)
        seconds = time.process_time() - start
        gradients = [each.grad for each in model.parameters() if each.grad is not None]
        return _Step(seconds=seconds, held=saved.total, gradients=gradients)


@dataclass(frozen=True, kw_only=True)
class _Compared:
    """One way against keeping everything."""

    held: int
    bytes_ratio: float
    time_ratio: float
    """Median of ratios of steps that followed each other."""
    time_ratios: list[float]
    gradient_difference: float


def _compare(training: _Training, model: nn.Module, keep: nn.Module, repeats: int) -> _Compared:
    for _ in range(2):  # the first pass of a plan measures, and warms the other up
        own, all_kept = training.step(model), training.step(keep)
    ratios = []
    for _ in range(repeats):
        own, all_kept = training.step(model), training.step(keep)
        ratios.append(own.seconds / all_kept.seconds)
    pairs = zip(own.gradients, all_kept.gradients, strict=True)
    return _Compared(
        held=own.held,
        bytes_ratio=own.held / all_kept.held,
        time_ratio=statistics.median(ratios),
        time_ratios=ratios,
        gradient_difference=max(float((mine - true).abs().max()) for mine, true in pairs),
    )


def bench_planner(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures the saved bytes and the time of a step: four layers over walks of 1280 entries.

    Time is CPU time of forward and backward pass, warm, each step against one that keeps all just
    after it. Saved bytes are those of `SavedBytes`: distinct storages that the graph holds, without
    parameters, buffers and the batch.

    Args:
        quick: 4 walks of 640 ticks and 3 repeats instead of 32 walks of 1280 and 9.
        note: Hears what came out.
        out: Gets `planner.json`.
    """
    training = _Training(4, 640) if quick else _Training(32, 1280)
    repeats = 3 if quick else 9
    keep = training.make("keep")
    kept = training.step(keep).held
    compared: dict[str, _Compared] = {}
    errors: dict[str, float] = {}
    for name in ("recompute", "offload"):
        compared[name] = _compare(training, training.make(name), keep, repeats)
    for share in BUDGETS:
        name, budget = f"plan_{round(100 * share)}", int(share * kept)
        compared[name] = _compare(training, training.make("plan", budget), keep, repeats)
        errors[name] = abs(compared[name].held - budget) / budget
    for name, found in compared.items():
        note(
            f"{name}: {found.held / 1e6:.1f} of {kept / 1e6:.1f} MB ({found.bytes_ratio:.4f}), "
            f"{found.time_ratio:.3f} of the time, gradients differ by {found.gradient_difference}"
        )
    if out is not None:
        result = {"kept_bytes": kept, "ways": compared, "budget_errors": errors}
        write_record(out / "planner.json", result)
    # What the head and the loss save comes on top of the plan, so that a tenth is a little more.
    chosen = compared["plan_5"]
    time_ratio = mean_interval(chosen.time_ratios)
    return {
        "saved_bytes_ratio": chosen.bytes_ratio,
        "recompute_time_ratio": chosen.time_ratio,
        "recompute_time_ratio_low": time_ratio.lo,
        "recompute_time_ratio_high": time_ratio.hi,
        "planner_budget_error": max(errors.values()),
        "gradient_difference": max(each.gradient_difference for each in compared.values()),
        **{f"saved_bytes_ratio_{name}": each.bytes_ratio for name, each in compared.items()},
        **{f"time_ratio_{name}": each.time_ratio for name, each in compared.items()},
        "kept_megabytes": kept / 1e6,
    }
