"""One line of JSON for each episode that was tried, so that an evaluation can be gone on with."""

from pathlib import Path
from typing import Literal

import msgspec

from embodied_mem.files import write_text
from embodied_mem_envs.evaluation.manipulate_agent import AnomalyNote
from embodied_mem_envs.evaluation.manipulate_faults import FAULT_PLANS, fault_name
from embodied_mem_envs.evaluation.records.lines import append_line, whole_lines
from embodied_mem_envs.tabletop.physics import SECONDS

Run = Literal["first", "repeat"]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One episode to try."""

    family: str
    level: int
    seed: int
    fault: str = ""
    """Name of the fault, empty for none."""
    factor: float = 1.0
    """Times the fault's usual magnitude."""
    run: Run = "first"
    """`repeat` is the same task at new poses and in other words, with what was learned first."""


class EpisodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one episode."""

    agent: str
    memory: bool
    case: Case
    instruction: str
    success: bool
    """By the ground truth."""
    progress: float
    why: str
    """What is missing, empty on success."""
    claimed: bool = False
    """Whether the agent believed that it succeeded."""
    answer: str = ""
    model_calls: int = 0
    anomalies: tuple[AnomalyNote, ...] = ()
    fired: int | None = None
    """Tick at which the fault began to act; None where it never did."""
    victim: str = ""
    """What the fault met."""
    ticks: int = 0
    tick_cpu_ms: float = 0.0
    wall_s: float = 0.0
    report: str = ""
    error: str = ""
    """What the agent raised, or that its time was up."""

    @property
    def noticed(self) -> bool:
        """Whether an anomaly was noted within the fault's window."""
        if self.fired is None:
            return False
        last = self.fired + FAULT_PLANS[fault_name(self.case.fault)].window / SECONDS
        return any(self.fired <= note.tick <= last for note in self.anomalies)

    @property
    def false_alarm(self) -> bool:
        """Whether an anomaly was noted while no fault had acted yet."""
        return any(self.fired is None or note.tick < self.fired for note in self.anomalies)


class RecordFile:
    """The records of evaluations on disk; several agents may share one."""

    def __init__(self, path: Path) -> None:
        """Reads what the file holds; its folder is made.

        A line that was cut off while it was written is left out, so that its episode runs again.
        """
        self.path = path
        self.records: list[EpisodeRecord] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self.records = _read(path)
            self._rewrite()

    def drop(self, agent: str, memory: bool) -> None:
        """Forgets what an agent did, with or without memory."""
        self.records = [r for r in self.records if (r.agent, r.memory) != (agent, memory)]
        self._rewrite()

    def _rewrite(self) -> None:
        lines = (msgspec.json.encode(record).decode() + "\n" for record in self.records)
        write_text(self.path, "".join(lines))

    def add(self, record: EpisodeRecord) -> None:
        """Appends one record."""
        append_line(self.path, msgspec.json.encode(record))
        self.records.append(record)

    def find(self, agent: str, memory: bool, case: Case) -> EpisodeRecord | None:
        """Returns the record of an episode that was tried already."""
        for record in reversed(self.records):
            if (record.agent, record.memory, record.case) == (agent, memory, case):
                return record
        return None


def _read(path: Path) -> list[EpisodeRecord]:
    records = []
    for line in whole_lines(path):
        try:
            records.append(msgspec.json.decode(line, type=EpisodeRecord))
        except msgspec.DecodeError:
            continue
    return records
