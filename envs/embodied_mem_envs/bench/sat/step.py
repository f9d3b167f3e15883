"""CPU time of a training step of the transformer at the published sizes, and what it compares."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import READS, Read, SATConfig
from embodied_mem.models.sat.encoders import CellEncoder
from embodied_mem.models.sat.heads import ClassificationHead
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.published import PublishedEncoder, published_config
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.room_ballet.batches import dance_batch, draw_kept
from embodied_mem_envs.room_ballet.motions import MOTIONS
from embodied_mem_envs.room_ballet.multi_task import FULL, draw_episodes
from embodied_mem_envs.room_ballet.pictures import square_pictures

BATCH: Final = 32
"""Episodes of a step."""
_TOKENS: Final = 16
"""Of a published query, all of them alike."""
_WARM: Final = 5
FIRST_FRESH: Final = 1000
"""Of weights and episodes."""


def bench_step(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures forward, backward and Adam on Room Ballet Multi-Task, on one thread.

    Args:
        quick: 30 steps of the published form and of our default, from one seed, rather than 50 of
            all forms from each of three.
        note: Told what comes out.
        out: Folder for the seconds of every step as JSON.
    """
    steps, runs_of_each = (30, 1) if quick else (50, 3)
    seeds = range(FIRST_FRESH, FIRST_FRESH + runs_of_each)
    forms: dict[str, SATConfig] = {"": published_config()}
    ours: tuple[Read, ...] = ("place",) if quick else READS
    forms |= {f"_ours_{read}": SATConfig(read=read) for read in ours}
    if not quick:
        forms |= {f"_published_{read}": published_config(read) for read in ("time", "place")}
    metrics, curves = {}, {}
    with _one_thread():
        for name, config in forms.items():
            runs = [_measure(config, steps, seed) for seed in seeds]
            means = [float(np.mean(seconds)) for seconds, _ in runs]
            fraction = float(np.mean([each for _, each in runs]))
            curves[name or "_published"] = [seconds for seconds, _ in runs]
            about = mean_interval(means)
            metrics[f"step{name}_cpu_s"] = about.mean
            metrics[f"step{name}_attention_fraction"] = fraction
            note(
                f"{name.strip('_') or 'published':16} {about.mean:.3f} CPU-s a step "
                f"({about.lo:.3f} to {about.hi:.3f} over {len(means)} seeds), "
                f"{100 * fraction:.0f} % of a flat read's products"
            )
    if out is not None:
        written = {"batch": BATCH, "seeds": [*seeds], "seconds": curves, "metrics": metrics}
        write_record(out / "step.json", written)
    return metrics


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _measure(config: SATConfig, steps: int, seed: int) -> tuple[list[float], float]:
    """Returns the CPU seconds of each step, and the share of a flat read's products."""
    squares = square_pictures()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder: nn.Module = (
            PublishedEncoder(squares) if config.published else CellEncoder(squares=squares)
        )
        model = SpatiallyAwareTransformer(config, encoder)
        head = ClassificationHead(width=config.width, classes=len(MOTIONS))
    weights = [*model.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, lr=2e-4)
    rng = np.random.default_rng(seed)
    tokens = _TOKENS if config.published else 1
    seconds = []
    for step in range(_WARM + steps):
        batch, answers = _lesson(rng, tokens)
        began = time.process_time()
        logits = head(model(batch))
        loss = functional.cross_entropy(logits.flatten(0, 1), answers.flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        if step >= _WARM:
            seconds.append(time.process_time() - began)
    return seconds, model.attention(batch).fraction


def _lesson(rng: np.random.Generator, tokens: int) -> tuple[EpisodicBatch, Tensor]:
    """Returns memories of nine dances of eighteen, and a question to each."""
    episodes = draw_episodes(FULL, BATCH, rng)
    kept = draw_kept(episodes, FULL.capacity, rng)
    asked = np.take_along_axis(kept, rng.integers(FULL.capacity, size=(BATCH, 1)), axis=1)
    return dance_batch(episodes, kept, asked, tokens=tokens)
