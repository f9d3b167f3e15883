"""`embodied-mem train reader`: a transformer learns to answer from what memories hold."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from embodied_mem.allocation.training import require_train_extra
from embodied_mem.cli.progress import progress
from embodied_mem.cli.training_report import report_training
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import Read

if TYPE_CHECKING:
    from embodied_mem.allocation.training.session import Session
    from embodied_mem_envs.room_ballet.practice import ReaderPractice


@dataclass(frozen=True, kw_only=True)
class TrainReader:
    """Train a reader of episodic memory on Room Ballet, every memory kept rightly."""

    out: Path = Path("runs/reader")
    """Folder for the checkpoint, the best reader, the scalars for TensorBoard and the result."""
    game: Literal["full", "reduced"] = "full"
    """18 dances of which 9 fit, or 10 of which 5 fit."""
    read: Read = "flat"
    """Which entries a question reads: all (`flat`), or the best chunks of time, of a place or of a
    stay in a place."""
    published: bool = False
    """Train the model of the paper as its code has it, for comparison."""
    seed: int = 0
    """Of the first weights and of everything that is drawn."""
    updates: int | None = None
    """Gradient steps of the whole training; 500 where nothing is said."""
    minutes: float | None = None
    """Stop after so long; `--resume` goes on."""
    resume: bool = False
    """Go on from the checkpoint in the folder, to the same bits as without the stop."""
    evaluate_every: int = 50
    """Updates between two evaluations, after each of which a checkpoint is written."""
    tensorboard: bool = True
    """Write scalars for TensorBoard."""
    population: int = 1
    """Seeds to train, from `--seed` on: each in a folder of its own, then mean, interval and the
    best by validation."""
    vary: tuple[str, ...] = ()
    """Settings to train a population of, each as name=value,value."""
    ray: str | None = None
    """Train the members of a population beside each other on a cluster: `auto`, `local` or
    HOST:PORT of its head (extra `ray`)."""
    json: Path | None = None
    """Write the result to this file too."""

    def run(self) -> int:
        """Trains, prints what was reached and returns 0, or 130 if it was interrupted.

        Raises:
            ConfigError: If a cluster is named and there is nothing to train beside each other.
        """
        require_train_extra()
        if self.population != 1 or self.vary:
            from embodied_mem.cli.population import run_population

            return run_population("train reader", self)
        if self.ray is not None:
            raise ConfigError("--ray goes with --population or --vary: one reader is one process")
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
        session = Session(practice.trainer, practice.validation, {}, practice.about, config)
        if self.resume:
            session.resume()
        left = practice.trainer.updates - practice.trainer.done
        with progress("train reader", left) as advance:
            finished = session.run(advance)
        self._report(session, practice, finished=finished)
        return 0 if finished or self.minutes is not None else 130

    def _prepare(self) -> "ReaderPractice":
        from embodied_mem_envs.room_ballet.practice import PracticeConfig, prepare

        return prepare(
            PracticeConfig(
                game=self.game,
                read=self.read,
                published=self.published,
                seed=self.seed,
                updates=self.updates,
            )
        )

    def _report(self, session: "Session", practice: "ReaderPractice", *, finished: bool) -> None:
        best = session.best
        metrics: dict[str, float | None] = {
            "updates": practice.trainer.done,
            "train_s": session.seconds,
            "train_cpu_s": session.cpu_seconds,
            "best_update": None if best is None else best.update,
            "validation": None if best is None else best.accuracy["validation"],
        }
        curve = [asdict(each) for each in session.history]
        extra: dict[str, Any] = {"about": practice.about, "finished": finished, "curve": curve}
        kept = None if best is None else self.out / "best"
        report_training("train reader", self, metrics, extra, kept=kept, finished=finished)
