"""Trains the policies that ship; `bench allocation --retrain` does nothing else.

`python -m embodied_mem_envs.bench.allocation.shipping --out assets/allocators` makes them all; with
`--families`, `--algorithms` and `--seeds` some of them, so that several can run beside each other.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import tyro

from embodied_mem.allocation.linear import LinearHead
from embodied_mem.allocation.network import GAIN
from embodied_mem.allocation.training.imitation import Imitation, ImitationConfig
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.allocation.training.session import BEST, Session, SessionConfig
from embodied_mem.allocation.weights import weight_files
from embodied_mem_envs.allocation.episode_sets import draw_set
from embodied_mem_envs.allocation.generate import VERSION, EpisodeConfig, generator_hash
from embodied_mem_envs.allocation.practice import PracticeConfig, guide, prepare
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.bench.allocation.families import (
    BUDGETS,
    FAMILIES,
    SEEDS,
    Family,
    policy_path,
)

_LINEAR = "linear"
_LINEAR_UPDATES = 20
_LINEAR_EPISODES = 1024


@dataclass(frozen=True, kw_only=True)
class Ship:
    """Train the policies that ship."""

    out: Path = Path("assets/allocators")
    """Folder to write them to."""
    families: tuple[str, ...] = tuple(FAMILIES)
    """Which of the families."""
    algorithms: tuple[str, ...] = ()
    """Which of a family's algorithms, and `linear` for the tuned linear heads; all where empty."""
    seeds: tuple[int, ...] = tuple(SEEDS)
    """Training seeds."""

    def run(self, note: Callable[[str], None] = print) -> None:
        """Trains and writes them."""
        for name in self.families:
            family = FAMILIES[name]
            for algorithm in family.algorithms:
                if not self.algorithms or algorithm in self.algorithms:
                    for seed in self.seeds:
                        ship(family, algorithm, seed, self.out, note)
            if not self.algorithms or _LINEAR in self.algorithms:
                ship_linear(family, self.out, note)


def ship(family: Family, algorithm: str, seed: int, out: Path, note: Callable[[str], None]) -> None:
    """Trains one policy and writes its two files."""
    start = time.perf_counter()
    config = PracticeConfig(
        algorithm=algorithm, seed=seed, episode=family.episode, slots_told=family.slots_told
    )
    practice = prepare(config, family.streams())
    prepared = time.perf_counter() - start
    target = policy_path(family.name, algorithm, seed, out)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        session = Session(
            practice.trainer,
            practice.validation,
            {"held_out": practice.held_out},
            practice.about,
            # Judged once, when it is finished: what ships is what the training ended with.
            SessionConfig(folder=Path(folder), tensorboard=False, evaluate_every=1_000_000),
        )
        session.run()
        weights, header = weight_files(Path(folder) / BEST)
        kept_weights, kept_header = weight_files(target)
        kept_weights.write_bytes(weights.read_bytes())
        told = json.loads(header.read_text())
        told["about"]["train_s"] = round(prepared + session.seconds, 1)
        kept_header.write_text(json.dumps(told, indent=1) + "\n")
    best = session.best
    assert best is not None
    note(
        f"{family.name} {algorithm} {seed}: held out {best.accuracy['held_out']:.4f} after "
        f"{session.seconds:.0f} s of training and {prepared:.0f} s of drawing episodes"
    )


def ship_linear(family: Family, out: Path, note: Callable[[str], None]) -> None:
    """Tunes the linear head of a family, for `house` one of each budget."""
    configs = {family.name: family.episode}
    if family.name == "house":
        configs = {f"slots_{n}": replace(family.episode, slots=n) for n in BUDGETS.values()}
    for name, config in configs.items():
        head = tune(config, family.streams())
        target = out / _LINEAR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        head.save(target)
        note(f"linear {name}: tuned")


def tune(config: EpisodeConfig, streams: Streams, seed: int = 0) -> LinearHead:
    """Tunes a linear head by the teacher that the learned policies are warmed up by.

    It is stronger than what evolution finds in the same time. Of the heads on the way, the one that
    does best on other episodes of the streams that are trained on is kept.
    """
    episodes = draw_set(streams, config, _LINEAR_EPISODES, seed, expected=True)
    settings = ImitationConfig(
        updates=_LINEAR_UPDATES, guided_until=0.3, batch=1024, learning_rate=1e-2, linear=True
    )
    trainer = Imitation(settings, episodes, seed, guide)
    about = {"seed": seed, "version": VERSION, "hash": generator_hash(streams, config)}
    validation = draw_set(streams, config, _LINEAR_EPISODES // 4, seed + 1)
    best, reached = None, -1.0
    while trainer.done < trainer.updates:
        trainer.update()
        weights = trainer.trained().parameters
        head = LinearHead(GAIN * weights["base.weight"].T, weights["score.bias"], about)
        accuracy = float(evaluate(head, validation).accuracy.mean())
        if accuracy > reached:
            best, reached = head, accuracy
    assert best is not None
    return best


if __name__ == "__main__":
    tyro.cli(Ship, description=Ship.__doc__).run(partial(print, flush=True))
