"""Records how a real server does at every setting of a space, and reads such records.

A record is a JSON file in `assets/landscapes`, with the machine and the versions that it was made
with.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.assets import asset_path
from embodied_mem.cli.result import machine
from embodied_mem.files import write_text
from embodied_mem.models.tuning.choices import Worth
from embodied_mem.models.tuning.measuring import Measurer
from embodied_mem.models.tuning.space import Space
from embodied_mem_envs.bench.models.tuning_landscapes import Landscape

FOLDER: Final = "landscapes"
COLUMNS: Final = ("calls", "useful", "late", "wrong", "failed", "tokens", "seconds", "p50", "p95")
"""Of a trial, what is written down."""


def record_landscape(
    measurer: Measurer,
    space: Space,
    path: Path,
    *,
    about: Mapping[str, object],
    times: int = 2,
    seed: int = 0,
    note: Callable[[str], None] = print,
) -> None:
    """Measures every point several times, each time in another order, and writes it down.

    Args:
        measurer: Measures.
        space: What is measured.
        path: JSON file to write.
        about: Server, model and versions, in words.
        times: How often a point is measured.
        seed: Of the orders.
        note: Is told how far it is.
    """
    rng, setting_of = np.random.default_rng(seed), list(space)
    trials: list[list[list[float]]] = [[[] for _ in setting_of] for _ in range(times)]
    for time in range(times):
        for done, point in enumerate(rng.permutation(len(space))):
            trial = measurer.measure(setting_of[point])
            values = [getattr(trial, name) for name in COLUMNS]
            trials[time][point] = [round(value, 4) for value in values]
            if done % 10 == 0:
                note(f"{time + 1}/{times}: {done}/{len(space)}")
    record = {
        "about": {
            **about,
            "kind": "recorded",
            "latency_bound_s": measurer.config.latency,
            "machine": machine(),
        },
        "axes": space.axes(),
        "columns": COLUMNS,
        "trials": trials,
    }
    write_text(path, json.dumps(record) + "\n")


def recorded(name: str, worth: Worth = "calls") -> Landscape:
    """Returns a recorded landscape; what a point is worth is the mean of its measurements."""
    path = asset_path(f"{FOLDER}/{name}.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    trials = np.array(record["trials"], np.float64)
    column = {name: place for place, name in enumerate(record["columns"])}
    done = trials[..., column["useful" if worth == "calls" else "tokens"]]
    goodput = done / trials[..., column["seconds"]]
    return Landscape(
        name=f"{name} ({worth})",
        space=Space.of(record["axes"]),
        goodput=goodput.mean(axis=0),
        recorded=goodput,
    )
