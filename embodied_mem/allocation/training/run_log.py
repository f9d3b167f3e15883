"""Scalars of a run for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, final

from torch.utils.tensorboard import SummaryWriter


@final
class RunLog:
    """Writes scalars of a run; a run that goes on drops what was logged after its checkpoint.

    Args:
        folder: Where TensorBoard looks; nothing is written where None.
        done: Updates at which the run starts or goes on.
    """

    def __init__(self, folder: Path | None, done: int) -> None:
        self._writer = None if folder is None else SummaryWriter(str(folder), purge_step=done + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, group: str, values: Mapping[str, float], update: int) -> None:
        """Writes values of one update, as `group/name`."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(f"{group}/{name}", value, update)
