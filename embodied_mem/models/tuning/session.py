"""Tunes a server: searches its settings, writes down every measurement, and goes on from there."""

import datetime
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, final

import msgspec

from embodied_mem.errors import ConfigError, ModelError
from embodied_mem.files import write_bytes
from embodied_mem.models.tuning.choices import Judge, Worth
from embodied_mem.models.tuning.kept import Kept, Key, cache_folder
from embodied_mem.models.tuning.measuring import MeasureConfig
from embodied_mem.models.tuning.searcher import Searcher
from embodied_mem.models.tuning.space import Setting, Space
from embodied_mem.models.tuning.trial import Trial

_PAUSES: Final = (0.0, 1.0, 2.0, 4.0, 8.0)
"""A server that did not answer at all is asked again after these, s: some restart themselves."""


class Measures(Protocol):
    """What measures a server, such as a `Measurer`."""

    def measure(self, setting: Setting) -> Trial:
        """Returns how a setting did."""

    def alive(self) -> bool:
        """Returns whether the server answers at all."""


@final
@dataclass(frozen=True, kw_only=True)
class Task:
    """What is tuned, and how; measurements of another task are of no use to it."""

    key: Key
    space: Space
    measure: MeasureConfig
    budget: float
    """Measurements, as a share of the settings."""
    worth: Worth
    judge: Judge
    seed: int

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If the budget is no share.
        """
        if not 0 < self.budget <= 1:
            raise ConfigError(f"the budget is {self.budget}; expected a share above 0, at most 1")

    @property
    def measurements(self) -> int:
        """How many measurements there are in all."""
        return max(1, math.floor(self.budget * len(self.space)))


@final
@dataclass(frozen=True, kw_only=True)
class Measured:
    """One measurement."""

    setting: Setting
    trial: Trial


@final
@dataclass(frozen=True, kw_only=True)
class _Journal:
    task: Task
    measured: list[Measured]


@final
class Tuning:
    """One search, which can be cut off at any time and made again: it goes on where it was.

    Args:
        task: What is tuned.
        measurer: Measures it.
        journal: Where measurements are written down; beside the tuned settings where None.
        sleep: Waits, between questions to a server that does not answer.
    """

    def __init__(
        self,
        task: Task,
        measurer: Measures,
        *,
        journal: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.task = task
        self.journal = journal or cache_folder() / f"tuning-{task.key.digest}.json"
        self._measurer, self._sleep = measurer, sleep
        self._searcher = _searcher(task)
        self.measured = self._before()
        for each in self.measured:
            self._tell(each)

    @property
    def left(self) -> int:
        """How many measurements are still to be made."""
        return max(0, self.task.measurements - len(self.measured))

    def forget(self) -> None:
        """Begins from the start, whatever was measured before."""
        self.journal.unlink(missing_ok=True)
        self.measured.clear()
        self._searcher = _searcher(self.task)

    def step(self) -> Measured:
        """Measures the next setting and writes it down.

        Raises:
            ModelError: If the server answers nothing any more; what was measured is kept.
        """
        setting = self.task.space.setting(self._searcher.next())
        measured = Measured(setting=setting, trial=self._measurer.measure(setting))
        self.measured.append(measured)
        self._tell(measured)
        self._write()
        if measured.trial.failed or measured.trial.late:
            self._wait(measured)
        return measured

    def best(self) -> Kept:
        """Returns the best setting.

        Raises:
            ModelError: If no setting gave an answer of use; the first trouble is named.
        """
        point = self._searcher.best()
        if point is None:
            troubles = (each.trial.trouble for each in self.measured if each.trial.trouble)
            raise ModelError(
                f"none of {len(self.measured)} settings gave an answer of use in time: "
                f"{next(troubles, 'nothing was asked')}. Where the model cannot know better, judge "
                "by form; where it is slow, allow more latency"
            )
        values = self._searcher.measured[point]
        return Kept(
            key=self.task.key,
            setting=self.task.space.setting(point),
            goodput=sum(values) / len(values),
            unit=f"useful {self.task.worth}/s",
            latency=self.task.measure.latency,
            measured=len(self.measured),
            settings=len(self.task.space),
            when=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )

    def _tell(self, measured: Measured) -> None:
        goodput = measured.trial.goodput(self.task.worth)
        self._searcher.tell(self.task.space.point(measured.setting), goodput)

    def _wait(self, measured: Measured) -> None:
        """Waits until the server has done with what was given up, or is up again."""
        for pause in _PAUSES:
            self._sleep(pause)
            if self._measurer.alive():
                return
        raise ModelError(
            f"the server answers nothing since it was asked with {measured.setting}: "
            f"{measured.trial.trouble}. Start it again and tune again: it goes on from here, and "
            "that setting counts as worth nothing"
        )

    def _before(self) -> list[Measured]:
        """Returns what was measured for the same task before."""
        try:
            journal = msgspec.json.decode(self.journal.read_bytes(), type=_Journal)
        except FileNotFoundError:
            return []
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise ConfigError(f"{self.journal} is damaged ({error}); delete it") from error
        return journal.measured if journal.task == self.task else []

    def _write(self) -> None:
        write_bytes(
            self.journal, msgspec.json.encode(_Journal(task=self.task, measured=self.measured))
        )


def _searcher(task: Task) -> Searcher:
    return Searcher(task.space, measurements=task.measurements, seed=task.seed)
