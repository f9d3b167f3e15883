"""`embodied-mem bench long`: what a memory needs after the first day."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from embodied_mem_envs.bench.measured_parts import measure_parts

PARTS: Final[Mapping[str, str]] = {
    "rerank": "a retriever that learns from what was cited, before and after a shift",
    "links": "two-hop questions with and without link expansion",
    "merge": "two robots' walks of one house, merged",
    "registration": "a second visit from an unknown start, registered to the remembered map",
    "drift": "objects and answers after a walk with drifting odometry, corrected",
    "visits": "ten visits of a house with a life of its own, under a budget",
    "forget": "canaries left in the directory after `forget`",
    "lanes": "queries while ingest runs flat out",
    "tiers": "reads from a hot tier under a Zipf trace",
    "partners": "cross-partner questions, and private facts under attack",
}
"""What is measured, by the name of the module beside this one that measures it."""


def bench_long(
    *,
    quick: bool,
    note: Callable[[str], None],
    only: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, float]:
    """Measures the parts one after the other; see `measure_parts`."""
    package = "embodied_mem_envs.bench.long"
    return measure_parts(package, PARTS, quick=quick, note=note, only=only, out=out)
