"""Episodes as arrays, one behind the other: what the core gathers from."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_chance
from embodied_mem_envs.allocation.episode import COARSE, Episode
from embodied_mem_envs.allocation.questions import KINDS, Questions

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

    def __init__(
        self,
        episodes: Sequence[Episode],
        *,
        most_keys: int | None = None,
        expected: bool = False,
    ) -> None:
        """Stacks the episodes.

        Args:
            episodes: At least one; all with as many candidates, questions and slots.
            most_keys: W; as many as the episodes have where None.
            expected: Add `wanted` (P, T, W + 1, 3), what holding a key at any level, in full or
                with its first sighting adds to the expected outcomes after a candidate, where a
                key of a pair counts half; and `wanted_pairs` (P, T, T), the questions about the
                `pair` (P, T, 2) of a candidate.

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
        self.expected = expected
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
        if self.expected:
            row |= self._wanted(episode)
        return {name: np.asarray(value) for name, value in row.items()}

    def _wanted(self, episode: Episode) -> dict[str, AnyArray]:
        """Returns what the questions ask for in the mean over their draws."""
        questions = Questions.of(episode)
        wanted = wanted_by_chance(episode)
        asked = np.bincount(episode.query_time, minlength=self.arrivals)
        pair = asked * episode.mix[:, KINDS.index("pair")]
        by_key = np.stack([wanted.coarse, wanted.fine, wanted.first], axis=2)
        by_key *= (asked * questions.current.any(axis=1)).sum()
        pairs = questions.pairs * pair[:, None]
        for column in range(2):
            shown = np.where(episode.keys[:, 1] >= 0, episode.keys[:, column], 0)
            by_key[:, :, 0] += pairs / 2 @ np.eye(by_key.shape[1])[shown]
        missing = self.keys + 1 - by_key.shape[1]
        keys = episode.keys[:, :2]
        return {
            "wanted": np.pad(by_key, ((0, 0), (0, missing), (0, 0))).astype(np.float32),
            "wanted_pairs": pairs.astype(np.float32),
            "pair": np.where(keys >= 0, keys, self.keys).astype(np.intp),
        }
