"""What the evaluation needs to know of a suite, and what is written down of every episode."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec


class AskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One ask of an episode, and what became of it."""

    kind: str
    text: str
    reply: str
    right: bool
    progress: float
    reason: str
    values: dict[str, float] = {}


class EpisodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One episode that one agent lived through: a line of JSON.

    Everything but `cpu_s`, `wall_s` and `latency_s` is the same on every run with the same seed.
    """

    suite: str
    version: int
    """Of the suite: grows when its episodes or its scores mean something else."""
    agent: str
    seed: int
    settings: str
    """Digest of all options that the result depends on."""
    values: dict[str, float]
    """Metrics of the episode by the names of `evaluation.metrics`."""
    asks: tuple[AskRecord, ...] = ()
    pictures: tuple[str, ...] = ()
    """Files in the episode's folder that the report shows."""
    error: str = ""
    """What the agent raised; such an episode counts as failed, never as left out."""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    latency_s: float = 0.0
    """CPU seconds from an ask to its reply, mean over asks."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One episode to be lived through, in whatever process."""

    suite: str
    agent: str
    seed: int
    folder: str
    """For the files of this episode; its own."""
    options: dict[str, Any] = {}
    """Of the suite, as JSON-able values."""


class Suite(Protocol):
    """A row of seeded episodes with agents to compare."""

    @property
    def name(self) -> str:
        """As `embodied-mem eval NAME` has it."""

    @property
    def version(self) -> int:
        """See `EpisodeRecord.version`."""

    @property
    def agents(self) -> Mapping[str, str]:
        """Agents by name, each with one line on what it is; ours first."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Options with their defaults: `episodes`, `first_seed` and the suite's own."""

    def run(self, job: Job, folder: Path) -> EpisodeRecord:
        """Lives through one episode.

        Raises:
            EvaluationError: If something is wrong with the evaluation itself; what an agent raises
                goes into the record.
        """
