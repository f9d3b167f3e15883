"""CPU time by stage, in constant memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Stage:
    """What one stage has cost so far, in CPU milliseconds of this process."""

    count: int = 0
    total_ms: float = 0.0
    max_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """Mean over all calls; 0 before the first."""
        return self.total_ms / self.count if self.count else 0.0


class CpuTimer:
    """Adds up process CPU time by the name of a stage."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Times the body of a `with` statement."""
        start = time.process_time()
        try:
            yield
        finally:
            spent = 1e3 * (time.process_time() - start)
            stage = self.stages.setdefault(name, Stage())
            stage.count += 1
            stage.total_ms += spent
            stage.max_ms = max(stage.max_ms, spent)

    def means(self) -> dict[str, float]:
        """Returns the mean CPU milliseconds of each stage."""
        return {name: stage.mean_ms for name, stage in self.stages.items()}
