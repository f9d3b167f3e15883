"""What every trainer offers, so that they share the loop, the log and the checkpoints."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from embodied_mem.allocation.training.snapshot import Snapshot


class Trained(Protocol):
    """A policy, or whatever else was learned, that can be kept."""

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Writes it as safetensors and JSON; `weights.weight_files` says what a path may be.

        Args:
            path: Where.
            about: How it was trained: anything that JSON holds.
        """
        ...


class Trainer(Protocol):
    """Learns in updates, and can stop after any of them and go on exactly."""

    @property
    def done(self) -> int:
        """Updates so far."""
        ...

    @property
    def updates(self) -> int:
        """Updates of the whole training."""
        ...

    @property
    def ready(self) -> bool:
        """Whether its policy has learned by its own algorithm yet, and may be kept as its result.

        It has not while it is warmed up by another, which is not to be shown as this one's work.
        """
        ...

    def update(self) -> dict[str, float]:
        """Plays and learns once; returns what is worth logging."""
        ...

    def trained(self) -> Trained:
        """Returns the greedy policy as it is now."""
        ...

    def snapshot(self) -> Snapshot:
        """Returns all that is needed to go on exactly."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from what `snapshot` returned, of a trainer made alike."""
        ...
