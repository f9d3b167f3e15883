"""The figures of an evaluation at the tabletop, out of its records."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from embodied_mem_envs.evaluation.manipulate_records import EpisodeRecord

MEMORY_FAMILIES = ("fetch", "restore", "count", "set_table", "find_moved")
"""Families whose tasks need something that can no longer be seen, at least from level 2 on."""
_Z = 1.959963984540054


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of Wilson (1927), which stays sensible near 0 and 1.

        >>> [round(end, 3) for end in Share(hits=19, total=20).interval]
        [0.764, 0.991]
        """
        if not self.total:
            return 0.0, 1.0
        share, square = self.hits / self.total, _Z * _Z / self.total
        middle = share + 0.5 * square
        reach = _Z * sqrt(share * (1.0 - share) / self.total + 0.25 * square / self.total)
        return (
            max(0.0, (middle - reach) / (1.0 + square)),
            min(1.0, (middle + reach) / (1.0 + square)),
        )


def share_of(records: Iterable[EpisodeRecord], holds: Callable[[EpisodeRecord], bool]) -> Share:
    """Counts for how many records something holds."""
    all_of = list(records)
    return Share(hits=sum(holds(record) for record in all_of), total=len(all_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """How well faults were noticed, counted in episodes.

    A fault that acted and was noticed within its window is a hit, one that was not is a miss. An
    episode with an anomaly before any fault acted, or without one, is a false alarm; clean episodes
    count here too.
    """

    hits: int
    misses: int
    false_alarms: int

    @classmethod
    def of(cls, records: Iterable[EpisodeRecord]) -> "Detection":
        """Counts records."""
        all_of = list(records)
        fired = [record for record in all_of if record.fired is not None]
        return cls(
            hits=sum(record.noticed for record in fired),
            misses=sum(not record.noticed for record in fired),
            false_alarms=sum(record.false_alarm for record in all_of),
        )

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None where there was nothing to notice."""
        total = 2 * self.hits + self.misses + self.false_alarms
        return 2 * self.hits / total if self.hits + self.misses else None


def clean(records: Sequence[EpisodeRecord]) -> list[EpisodeRecord]:
    """Returns first runs without a fault."""
    return [r for r in records if not r.case.fault and r.case.run == "first"]


def faulty(records: Sequence[EpisodeRecord]) -> list[EpisodeRecord]:
    """Returns runs for which a fault was laid, whether it acted or not."""
    return [r for r in records if r.case.fault]


def repeats(records: Sequence[EpisodeRecord]) -> list[EpisodeRecord]:
    """Returns second runs of tasks that succeeded at first: only those can have been learned."""
    learned = {(r.case.family, r.case.level, r.case.seed) for r in clean(records) if r.success}
    return [
        r
        for r in records
        if r.case.run == "repeat" and (r.case.family, r.case.level, r.case.seed) in learned
    ]


def metrics(
    records: Sequence[EpisodeRecord], against: Sequence[EpisodeRecord] = ()
) -> dict[str, float | None]:
    """Returns all figures; None where nothing was run that they could be taken from.

    Args:
        records: Of the agent that is evaluated.
        against: Of the agent that plans every step; only tasks that both tried are compared.
    """
    undisturbed, disturbed, again = clean(records), faulty(records), repeats(records)
    fired = [record for record in disturbed if record.fired is not None]
    alarms = share_of(undisturbed, lambda record: record.false_alarm).value
    memory = [record for record in undisturbed if record.case.family in MEMORY_FAMILIES]
    return {
        "success_clean": share_of(undisturbed, _succeeded).value,
        "success_with_faults": share_of(disturbed, _succeeded).value,
        "success_memory_tasks": share_of(memory, _succeeded).value,
        "success_repeat": share_of(again, _succeeded).value,
        "detection_f1": Detection.of([*undisturbed, *disturbed]).f1 if disturbed else None,
        "false_alarms_per_100": None if alarms is None else 100.0 * alarms,
        "recovered": share_of(fired, _succeeded).value,
        "faults_fired": float(len(fired)) if disturbed else None,
        "model_calls_first": _mean([float(r.model_calls) for r in undisturbed]),
        "model_calls_repeat": _mean([float(r.model_calls) for r in again]),
        "tick_cpu_ms": _mean([r.tick_cpu_ms for r in records if r.ticks]),
        "episodes": float(len(records)),
        **_compared(undisturbed, clean(against)),
    }


def _compared(
    ours: Sequence[EpisodeRecord], theirs: Sequence[EpisodeRecord]
) -> dict[str, float | None]:
    """Model calls over those of planning every step, on the same tasks, with both successes."""
    other = {record.case: record for record in theirs}
    both = [(record, other[record.case]) for record in ours if record.case in other]
    if not both:
        return {"calls_vs_every_step": None}
    calls, baseline = (
        sum(record.model_calls for record in side) for side in zip(*both, strict=True)
    )
    return {
        "calls_vs_every_step": calls / baseline if baseline else None,
        "success_compared": share_of((own for own, _ in both), _succeeded).value,
        "success_every_step": share_of((base for _, base in both), _succeeded).value,
    }


def _succeeded(record: EpisodeRecord) -> bool:
    return record.success


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
