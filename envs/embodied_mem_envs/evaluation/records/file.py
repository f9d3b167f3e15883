"""The records of an evaluation on disk: one line of JSON for each episode."""

from collections.abc import Iterable
from pathlib import Path
from typing import final

import msgspec

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.records.lines import append_line, drop_cut_off, whole_lines
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord

RECORDS = "episodes.jsonl"


@final
class RecordFile:
    """Takes records one after the other; what was added survives a kill at any moment."""

    def __init__(self, path: Path) -> None:
        """Reads what the file holds; its folder is made.

        A last line that was cut off is removed, so that its episode runs again.

        Raises:
            EvaluationError: If another line is damaged, or two records tell of one episode.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        drop_cut_off(path)
        self._records = by_episode(_decode(path))

    @property
    def records(self) -> list[EpisodeRecord]:
        """All records, by agent and seed."""
        return in_order(self._records.values())

    def find(self, agent: str, seed: int) -> EpisodeRecord | None:
        """Returns the record of an episode that is done."""
        return self._records.get((agent, seed))

    def add(self, record: EpisodeRecord) -> None:
        """Appends one record; it is on the disk when this returns.

        Raises:
            EvaluationError: If that episode is done already.
        """
        key = (record.agent, record.seed)
        if key in self._records:
            raise EvaluationError(f"{record.agent} has done seed {record.seed} already")
        append_line(self.path, msgspec.json.encode(record, order="deterministic"))
        self._records[key] = record


def read_records(path: Path) -> list[EpisodeRecord]:
    """Returns the records of a file by agent and seed, without changing it.

    A last line that was cut off, or is being written, is left out. No file means no records.

    Raises:
        EvaluationError: If another line is damaged, or two records tell of one episode.
    """
    return in_order(by_episode(_decode(path)).values())


def _decode(path: Path) -> list[EpisodeRecord]:
    records = []
    for number, line in enumerate(whole_lines(path), start=1):
        try:
            records.append(msgspec.json.decode(line, type=EpisodeRecord))
        except msgspec.DecodeError as error:
            raise EvaluationError(
                f"{path}, line {number} is no record of an episode ({error}); remove that line and "
                "resume, and its episode runs again"
            ) from error
    return records


def in_order(records: Iterable[EpisodeRecord]) -> list[EpisodeRecord]:
    """Returns records by agent and seed, however they came in."""
    return sorted(records, key=lambda record: (record.agent, record.seed))


def by_episode(records: Iterable[EpisodeRecord]) -> dict[tuple[str, int], EpisodeRecord]:
    """Returns records by agent and seed.

    Raises:
        EvaluationError: If two tell of the same episode and do not agree.
    """
    found: dict[tuple[str, int], EpisodeRecord] = {}
    for record in records:
        key = (record.agent, record.seed)
        other = found.setdefault(key, record)
        if without_times(other) != without_times(record):
            raise EvaluationError(
                f"two records of {record.agent}, seed {record.seed} do not agree; they come of "
                "different versions of the code, or of an agent that its seed does not determine"
            )
    return found


def without_times(record: EpisodeRecord) -> EpisodeRecord:
    """Returns what of a record is the same on every run."""
    return msgspec.structs.replace(record, cpu_s=0.0, wall_s=0.0, latency_s=0.0)
