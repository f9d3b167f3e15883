"""`embodied-mem train allocator`: an allocator learns what to keep."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console

from embodied_mem.allocation.training import require_train_extra
from embodied_mem.cli.progress import progress
from embodied_mem.cli.training_report import report_training

if TYPE_CHECKING:
    from embodied_mem.allocation.training.rollouts import Rollouts
    from embodied_mem.allocation.training.session import Session
    from embodied_mem_envs.allocation.practice import Practice

Algorithm = Literal[
    "ppo", "recurrent_ppo", "grpo", "dcpo", "dqn", "ama", "stacking", "push_skip", "imitation"
]


@dataclass(frozen=True, kw_only=True)
class TrainAllocator:
    """Train an allocator on recorded streams of houses (extra `train`)."""

    algo: Algorithm = "ppo"
    """`ppo`, `recurrent_ppo`, `grpo`, `dcpo` and `dqn` learn from the reward; `ama`, `stacking`
    (Adaptive Stacking), `push_skip` and `imitation` (of one who knows the questions) are there to
    compare with."""
    out: Path = Path("runs/allocator")
    """Folder for the checkpoint, the best policy, the scalars for TensorBoard and the result."""
    seed: int = 0
    """Of the episodes to train on and of everything that is drawn."""
    updates: int | None = None
    """Updates of the whole training; each algorithm has its own number."""
    warm: int = 12
    """Updates that `ppo`, `grpo` and `dcpo` imitate, before that, a teacher who knows what is
    likely to be asked; 0 to learn from the reward alone."""
    minutes: float | None = None
    """Stop after so long; `--resume` goes on."""
    resume: bool = False
    """Go on from the checkpoint in the folder, to the same bits as without the stop."""
    arrivals: int = 40
    """Candidates in an episode."""
    slots: int = 6
    """Records that the memory has room for."""
    fill: float = 0.7
    """Bytes that it has room for, in full records per slot."""
    pool: int = 3072
    """Episodes to train on."""
    evaluated: int = 512
    """Episodes of each of the two evaluations."""
    evaluate_every: int = 10
    """Updates between two evaluations, after each of which a checkpoint is written."""
    tensorboard: bool = True
    """Write scalars for TensorBoard."""
    shards: int = 1
    """Parts that `grpo`, `dcpo`, `ama` and `imitation` play an update's episodes in. Decides what
    is drawn; where they are played does not."""
    population: int = 1
    """Seeds to train, from `--seed` on: each in a folder of its own, then mean, interval and the
    best by validation."""
    vary: tuple[str, ...] = ()
    """Settings to train a population of, each as name=value,value."""
    ray: str | None = None
    """Train on a cluster: `auto` (the one that runs), `local` (one on this machine, for the length
    of the command) or HOST:PORT of its head (extra `ray`). A population is trained beside each
    other; of one training, shards and evaluations are played there."""
    json: Path | None = None
    """Write the result to this file too."""

    def run(self) -> int:
        """Trains, prints what was reached and returns 0, or 130 if it was interrupted."""
        require_train_extra()
        if self.population != 1 or self.vary:
            from embodied_mem.cli.population import run_population

            return run_population(f"train {self.algo}", self)
        with self._rollouts() as rollouts:
            return self._run_one(rollouts)

    @contextmanager
    def _rollouts(self) -> "Iterator[Rollouts | None]":
        if self.ray is None:
            yield None
            return
        from embodied_mem_envs.scale.cluster import joined
        from embodied_mem_envs.scale.ray_rollouts import RayRollouts

        if self.shards == 1:
            console = Console(stderr=True)
            console.print("only evaluations go to the cluster: --shards cuts rollouts, too")
        with joined(self.ray) as cluster:
            yield RayRollouts(cluster)

    def _run_one(self, rollouts: "Rollouts | None") -> int:
        # One thread, whatever libraries would like: the same bits on every machine of a kind, and
        # several seeds can be trained beside each other.
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        import torch

        from embodied_mem.allocation.training.session import Session, SessionConfig

        torch.set_num_threads(1)
        practice = self._prepare(rollouts)
        config = SessionConfig(
            folder=self.out,
            evaluate_every=self.evaluate_every,
            minutes=self.minutes,
            tensorboard=self.tensorboard,
        )
        session = Session(
            practice.trainer,
            practice.validation,
            {"held_out": practice.held_out},
            practice.about,
            config,
            rollouts,
        )
        if self.resume:
            session.resume()
        left = practice.trainer.updates - practice.trainer.done
        with progress(f"train {self.algo}", left) as advance:
            finished = session.run(advance)
        self._report(session, practice, finished=finished)
        return 0 if finished or self.minutes is not None else 130

    def _prepare(self, rollouts: "Rollouts | None") -> "Practice":
        from embodied_mem_envs.allocation.generate import EpisodeConfig
        from embodied_mem_envs.allocation.practice import PracticeConfig, prepare
        from embodied_mem_envs.allocation.stream_file import load_streams

        config = PracticeConfig(
            algorithm=self.algo,
            seed=self.seed,
            episode=EpisodeConfig(arrivals=self.arrivals, slots=self.slots, fill=self.fill),
            pool=self.pool,
            evaluated=self.evaluated,
            updates=self.updates,
            warm=self.warm,
            shards=self.shards,
        )
        return prepare(config, load_streams(), rollouts)

    def _report(self, session: "Session", practice: "Practice", *, finished: bool) -> None:
        trainer, best = practice.trainer, session.best
        metrics: dict[str, float | None] = {
            "updates": trainer.done,
            "train_s": session.seconds,
            "best_update": None if best is None else best.update,
            "validation": None if best is None else best.accuracy["validation"],
            "held_out": None if best is None else best.accuracy["held_out"],
        }
        curve = [
            {
                "update": each.update,
                "seconds": each.seconds,
                "warming_up": not each.ready,
                **each.accuracy,
            }
            for each in session.history
        ]
        extra: dict[str, Any] = {"about": practice.about, "finished": finished, "curve": curve}
        kept = None if best is None else self.out / "best"
        command = f"train {self.algo}"
        report_training(command, self, metrics, extra, kept=kept, finished=finished)
