"""`embodied-mem bench models`: language, vision-language and perception models, as they plug in."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from embodied_mem_envs.bench.measured_parts import measure_parts

PARTS: Final[Mapping[str, str]] = {
    "malformed": "calls that are executed though a share of a model's answers is malformed",
    "prefix": "how much of a conversation is a prefix that a server has read already",
    "tuning": "settings of a server found within a quarter of the points",
    "synonyms": "household words known by their synonyms and paraphrases",
    "reid": "places and objects known again by their look",
    "confusion": "the simulated detector's errors beside a published detector's",
}
"""What is measured, by the name of the module beside this one that measures it."""


def bench_models(
    *,
    quick: bool,
    note: Callable[[str], None],
    only: Sequence[str] = (),
    out: Path | None = None,
) -> dict[str, float]:
    """Measures the parts one after the other; see `measure_parts`."""
    package = "embodied_mem_envs.bench.models"
    return measure_parts(package, PARTS, quick=quick, note=note, only=only, out=out)
