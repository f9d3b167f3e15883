"""`embodied-mem bench sat`: episodic memory, its transformer, and training at scale."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from embodied_mem_envs.bench.measured_parts import measure_parts

PARTS: Final[Mapping[str, str]] = {
    "coverage": "what each write rule keeps of Room Ballet, and what could be kept",
    "step": "CPU of a training step at the published sizes",
    "reader": "a reader on the oracle memory, then frozen under every write rule",
    "short_stay": "reading by place against flat and by time",
    "patch_walk": "pictures generated from what each write rule keeps",
    "stream": "events kept by a buffer of constant size",
    "places": "places found online against the rooms of houses",
    "planner": "activations kept, recomputed and offloaded",
    "dcpo": "DCPO beside GRPO, for allocators and for edits of the context",
    "guests": "policies with this memory in other people's environments",
    "scale": "the same results over Ray, and a worker killed",
}
"""What is measured, by the name of the module beside this one that measures it."""


def bench_sat(
    *,
    quick: bool,
    note: Callable[[str], None],
    only: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, float]:
    """Measures the parts one after the other; see `measure_parts`.

    In full it trains for more than an hour.
    """
    package = "embodied_mem_envs.bench.sat"
    return measure_parts(package, PARTS, quick=quick, note=note, only=only, out=out)
