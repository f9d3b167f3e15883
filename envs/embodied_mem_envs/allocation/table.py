"""Episodes as arrays, one behind the other: what the core gathers from."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray
from embodied_mem_envs.allocation.episode import COARSE, Episode
from embodied_mem_envs.allocation.questions import KINDS

_PADDED: Final = {
    "first_seen": np.iinfo(np.int16).max,
    "superseded": np.iinfo(np.int16).max,
    "moved": np.iinfo(np.int16).max,
}
"""Arrays over the keys and what fills them up: a key that there is not is never seen."""


@final
class EpisodeTable:
    """P episodes of one shape: T candidates, Q questions, K slots; keys are padded to W.

    The key W stands for none, where an episode has -1.

    Attributes:
        columns: Every array of `Episode` with a leading axis P, by name, and `current` (P, T), how
            many keys are current at each candidate.
    """

    def __init__(self, episodes: Sequence[Episode], *, most_keys: int | None = None) -> None:
        """Stacks the episodes.

        Args:
            episodes: At least one; all with as many candidates, questions and slots.
            most_keys: W; as many as the episodes have where None.

        Raises:
            ConfigError: If their shapes differ, or one has more keys than `most_keys`.
        """
        shapes = {(len(e.keys), len(e.query_time), e.slots) for e in episodes}
        if len(shapes) != 1:
            raise ConfigError(
                "episodes of one table need the same numbers of candidates, questions and slots, "
                f"got {sorted(shapes)}"
            )
        ((self.arrivals, self.questions, self.slots),) = shapes
        self.keys = max(len(e.first_seen) for e in episodes) if most_keys is None else most_keys
        rows = [self._row(episode) for episode in episodes]
        self.columns: dict[str, AnyArray] = {
            name: np.stack([row[name] for row in rows]) for name in rows[0]
        }

    def __len__(self) -> int:
        return len(self.columns["task"])

    def put(self, index: int, episode: Episode) -> None:
        """Replaces one episode.

        Raises:
            ConfigError: If its shape is another, or it has more keys than the table has room for.
        """
        for name, value in self._row(episode).items():
            self.columns[name][index] = value

    def _row(self, episode: Episode) -> dict[str, AnyArray]:
        shape = len(episode.keys), len(episode.query_time), episode.slots
        if shape != (self.arrivals, self.questions, self.slots):
            raise ConfigError(f"the table is for episodes of {self}, got one of {shape}")
        missing = self.keys - len(episode.first_seen)
        if missing < 0:
            raise ConfigError(f"the episode has {len(episode.first_seen)} keys, over {self.keys}")
        row: dict[str, AnyArray] = {
            name: np.pad(getattr(episode, name), (0, missing + 1), constant_values=fill)
            for name, fill in _PADDED.items()
        }
        for name in ("keys", "query_keys"):
            keys = getattr(episode, name)
            row[name] = np.where(keys >= 0, keys, self.keys).astype(np.intp)
        for name in ("place", "entered", "embedding", "features", "profile", "query_all"):
            row[name] = getattr(episode, name)
        # 0 if any record that shows a key will do, 1 if one in full, 2 if one that knows the first.
        row["query_needs"] = np.where(episode.query_since, 2, episode.query_level - COARSE)
        row["place"] = episode.place.astype(np.intp)
        row["size"] = episode.bytes.astype(np.float64)
        times = np.arange(self.arrivals)[:, None]
        current = (episode.first_seen <= times) & (times < episode.superseded)
        row["current"] = current.sum(axis=1).astype(np.float64)
        row["budget"] = np.array(episode.budget, np.float64)
        row["task"] = np.eye(len(KINDS), dtype=np.float32)[episode.task]
        return {name: np.asarray(value) for name, value in row.items()}
