"""The loop around every trainer: log, evaluate, keep the best, save, stop and go on."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final, final

from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.allocation.training.rollouts import Rollouts, SerialRollouts, Shard
from embodied_mem.allocation.training.run_log import RunLog
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.allocation.training.trainer import Trainer
from embodied_mem.errors import ConfigError

CHECKPOINT: Final = "checkpoint.safetensors"
BEST: Final = "best"
"""Stem of the two files of the best policy so far."""

Examination = Callable[[Any], Mapping[str, float]]
"""Evaluates what was trained, whatever it is; `accuracy` is by what the best is chosen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionConfig:
    """Settings of the loop; they change nothing of what is learned."""

    folder: Path
    """Where checkpoint, best policy and logs go."""
    evaluate_every: int = 10
    """Updates between two evaluations."""
    minutes: float | None = None
    """Stop after the update that ends later than this; the checkpoint can be gone on from."""
    tensorboard: bool = True
    """Write scalars for TensorBoard."""

    def __post_init__(self) -> None:
        """Checks the interval.

        Raises:
            ConfigError: If it is none.
        """
        if self.evaluate_every < 1:
            raise ConfigError(f"evaluate_every is {self.evaluate_every}; expected at least 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """One evaluation on the way."""

    update: int
    seconds: float
    """Spent on training until then, evaluations left out."""
    cpu_seconds: float
    """CPU time of this process in them."""
    accuracy: Mapping[str, float]
    """Mean accuracy on each set of episodes."""
    ready: bool
    """Whether the policy had learned by its own algorithm; else it is none to be kept."""


def examine(on: EpisodeSet | Examination, policy: Any, _: None = None) -> Mapping[str, float]:
    """Evaluates what was trained; the work of `Rollouts.each`."""
    return evaluate(policy, on).means() if isinstance(on, EpisodeSet) else on(policy)


@final
class Session:
    """Trains, and can be interrupted at any time.

    Args:
        trainer: New; `resume` makes it go on from the checkpoint.
        validation: Episodes by which the best policy is chosen, or what examines other things that
            are trained.
        others: Further ones to evaluate on, by name; nothing is chosen by them.
        about: What was trained, on what and how: JSON, kept with checkpoint and policy. A
            checkpoint is only gone on from if it says the same.
        config: Settings.
        rollouts: Where it is evaluated.
    """

    def __init__(
        self,
        trainer: Trainer,
        validation: EpisodeSet | Examination,
        others: Mapping[str, EpisodeSet | Examination],
        about: Mapping[str, Any],
        config: SessionConfig,
        rollouts: Rollouts | None = None,
    ) -> None:
        self.trainer = trainer
        self.history: list[Progress] = []
        self.seconds = 0.0
        """Spent on training so far, through all interruptions."""
        self.cpu_seconds = 0.0
        self._examined_on = {"validation": validation, **others}
        self._rollouts = rollouts or SerialRollouts()
        self._about = json.loads(json.dumps(about))  # as a checkpoint gives it back
        self._config = config

    @property
    def best(self) -> Progress | None:
        """The evaluation that the best policy comes from; None as long as there is none."""
        ready = (each for each in self.history if each.ready)
        return max(ready, key=lambda each: each.accuracy["validation"], default=None)

    def resume(self) -> None:
        """Goes on from the checkpoint in the folder.

        Raises:
            ConfigError: If there is none, it is damaged, or it is of another training.
        """
        path = self._config.folder / CHECKPOINT
        snapshot = Snapshot.read(path)
        session = snapshot.values.pop("session")
        differing = [
            f"{name} was {session['about'].get(name)!r}, is {self._about.get(name)!r}"
            for name in sorted(session["about"].keys() | self._about.keys())
            if session["about"].get(name) != self._about.get(name)
        ]
        if differing:
            raise ConfigError(
                f"{path} is of another training: {'; '.join(differing)}. Use the same settings, or "
                "another folder"
            )
        self.seconds, self.cpu_seconds = session["seconds"], session["cpu_seconds"]
        self.history = [Progress(**each) for each in session["history"]]
        self.trainer.restore(snapshot)

    def save(self) -> None:
        """Writes the checkpoint, whole or not at all."""
        snapshot = self.trainer.snapshot()
        snapshot.values["session"] = {
            "about": self._about,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "history": [asdict(each) for each in self.history],
        }
        snapshot.write(self._config.folder / CHECKPOINT)

    def run(self, note: Callable[[str], None] = lambda _: None) -> bool:
        """Trains to the end, or until it is interrupted or the time is over.

        The first Ctrl-C lets the update that is running end; a checkpoint is always left.

        Args:
            note: Told of each update what was reached last.

        Returns:
            Whether the training is finished.
        """
        config, trainer = self._config, self.trainer
        log_folder = config.folder / "tensorboard" if config.tensorboard else None
        limit = float("inf") if config.minutes is None else config.minutes * 60
        started = time.perf_counter()
        with RunLog(log_folder, trainer.done) as log, _interruption() as interrupted:
            while trainer.done < trainer.updates and not interrupted():
                before, cpu_before = time.perf_counter(), time.process_time()
                values = trainer.update()
                self.seconds += time.perf_counter() - before
                self.cpu_seconds += time.process_time() - cpu_before
                log.write("train", values, trainer.done)
                last = trainer.done == trainer.updates
                if trainer.done % config.evaluate_every == 0 or last:
                    self._evaluate(log)
                    self.save()
                note(self._headline(values))
                if time.perf_counter() - started > limit:
                    break
            self.save()
        return trainer.done == trainer.updates

    def _evaluate(self, log: RunLog) -> None:
        trained = self.trainer.trained()
        shards = [Shard(fixed=each, policy=trained) for each in self._examined_on.values()]
        scores = dict(zip(self._examined_on, self._rollouts.each(examine, shards), strict=True))
        for name, means in scores.items():
            log.write(name, means, self.trainer.done)
        before = self.best
        accuracy = {name: means["accuracy"] for name, means in scores.items()}
        now = Progress(
            update=self.trainer.done,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            accuracy=accuracy,
            ready=self.trainer.ready,
        )
        better = before is None or accuracy["validation"] > before.accuracy["validation"]
        if now.ready and better:
            trained.save(self._config.folder / BEST, {**self._about, "figures": accuracy})
        self.history.append(now)

    def _headline(self, values: Mapping[str, float]) -> str:
        parts = [f"accuracy {values['accuracy']:.3f}"] if "accuracy" in values else []
        if self.history:
            latest = self.history[-1].accuracy
            parts += [f"{name} {value:.3f}" for name, value in latest.items()]
        return ", ".join(parts)


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Yields what tells whether Ctrl-C was pressed; the second time it interrupts at once."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
