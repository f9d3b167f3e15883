"""`embodied-mem train`: an allocator learns what to keep."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table

from embodied_mem.allocation.training import require_train_extra
from embodied_mem.cli.progress import progress
from embodied_mem.cli.result import write_result

if TYPE_CHECKING:
    from embodied_mem.allocation.training.session import Session
    from embodied_mem_envs.allocation.practice import Practice

Algorithm = Literal[
    "ppo", "recurrent_ppo", "grpo", "dqn", "ama", "stacking", "push_skip", "imitation"
]


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train an allocator on recorded streams of houses (extra `train`)."""

    algo: Algorithm = "ppo"
    """`ppo`, `recurrent_ppo`, `grpo` and `dqn` learn from the reward; `ama`, `stacking`
    (Adaptive Stacking), `push_skip` and `imitation` (of one who knows the questions) are there to
    compare with."""
    out: Path = Path("runs/allocator")
    """Folder for the checkpoint, the best policy, the scalars for TensorBoard and the result."""
    seed: int = 0
    """Of the episodes to train on and of everything that is drawn."""
    updates: int | None = None
    """Updates of the whole training; each algorithm has its own number."""
    warm: int = 12
    """Updates that `ppo` and `grpo` imitate, before that, a teacher who knows what is likely to be
    asked; 0 to learn from the reward alone."""
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
    json: Path | None = None
    """Write the result to this file too."""

    def run(self) -> int:
        """Trains, prints what was reached and returns 0, or 130 if it was interrupted."""
        require_train_extra()
        # One thread, whatever libraries would like: the same bits on every machine of a kind, and
        # several seeds can be trained beside each other.
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        import torch

        from embodied_mem.allocation.training.session import Session, SessionConfig

        torch.set_num_threads(1)
        practice = self._prepare()
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
        )
        if self.resume:
            session.resume()
        left = practice.trainer.updates - practice.trainer.done
        with progress(f"train {self.algo}", left) as advance:
            finished = session.run(advance)
        self._report(session, practice, finished=finished)
        return 0 if finished or self.minutes is not None else 130

    def _prepare(self) -> "Practice":
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
        )
        return prepare(config, load_streams())

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
        for path in {self.out / "result.json", *([self.json] if self.json else [])}:
            write_result(path, f"train {self.algo}", self, metrics, **extra)
        table = Table(title=f"train {self.algo}", title_justify="left", show_header=False)
        for name, value in metrics.items():
            table.add_row(name.replace("_", " "), "-" if value is None else f"{value:.4g}")
        console = Console()
        console.print(table)
        if best is not None:
            files = f"{self.out / 'best'}.safetensors, .json"
            console.print(f"best policy: {files}", markup=False, highlight=False, soft_wrap=True)
        if not finished:
            console.print("not finished: go on with --resume", markup=False, highlight=False)
