"""Objects and answers after walks with odometry that drifts: corrected, not corrected, perfect.

Each house is walked once for 200 m, room after room, several times over. Three memories hear of
the very same views, with the depth noise of a structured-light camera: one with true poses, one
with poses that drift (`house.odometry_drift`), and one with those and a `DriftCorrector`. A fourth
has true poses and a corrector, which has nothing to correct.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem_envs.bench.long.drift_pictures import draw_maps
from embodied_mem_envs.bench.long.drift_walk import DriftWalk, walk_house
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.house.odometry_drift import BIASED, OdometryConfig

_FIRST_SEED: Final = 1000
_HOUSES, _ROOMS, _WAY, _QUESTIONS = 6, 10, 200.0, 60


def bench_drift(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Walks houses with drifting odometry and measures what is remembered.

    Half of the houses are walked by a robot whose errors are all chance, half by one that is out
    of true (`BIASED`). A quick run walks 20 m of one small house of the tuning seeds.

    Args:
        quick: Whether to do little.
        note: Hears how it goes.
        out: Folder for pictures of the maps and the figures of each house.
    """
    walks = []
    for number in range(1 if quick else _HOUSES):
        odometry = BIASED if number % 2 else OdometryConfig()
        with tempfile.TemporaryDirectory() as folder:
            walk = walk_house(
                3 if quick else _FIRST_SEED + number,
                odometry,
                Path(folder),
                rooms=3 if quick else _ROOMS,
                way=20.0 if quick else _WAY,
                questions=10 if quick else _QUESTIONS,
            )
        walks.append(walk)
        note(walk.told())
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            draw_maps(walk, out / f"drift_{walk.seed}.png")
    if out is not None:
        figures = [walk.figures() for walk in walks]
        (out / "drift.json").write_text(json.dumps(figures, indent=1) + "\n")
    return _metrics(walks)


def _metrics(walks: Sequence[DriftWalk]) -> dict[str, float]:
    metrics: dict[str, float] = {}
    names = {"corrected": "", "drifting": "uncorrected_", "perfect": "perfect_"}
    for arm, name in names.items():
        errors = np.concatenate([walk.arms[arm].errors for walk in walks])
        metrics[f"drift_{name}object_error_m"] = float(np.median(errors))
        metrics[f"drift_{name}object_error_p95_m"] = float(np.percentile(errors, 95))
        metrics[f"drift_{name}objects_found"] = _mean(walks, arm, "found")
        metrics[f"drift_{name}objects_believed"] = _mean(walks, arm, "believed")
        metrics[f"drift_{name}answers"] = _right(walks, arm)
    metrics["drift_answers_less_perfect"] = _right(walks, "perfect") - _right(walks, "corrected")
    gaps = [
        float(np.mean(walk.arms["perfect"].right)) - float(np.mean(walk.arms["corrected"].right))
        for walk in walks
    ]
    if len(gaps) > 1:
        interval = mean_interval(gaps)
        metrics["drift_answers_less_perfect_low"] = interval.lo
        metrics["drift_answers_less_perfect_high"] = interval.hi
    medians = [float(np.median(walk.arms["corrected"].errors)) for walk in walks]
    metrics["drift_object_error_worst_house_m"] = max(medians)
    metrics["drift_ate_before_m"] = _mean(walks, "drifting", "ate")
    metrics["drift_ate_after_m"] = _mean(walks, "corrected", "ate")
    metrics["drift_ate_after_worst_m"] = max(walk.arms["corrected"].ate for walk in walks)
    metrics["drift_end_share"] = float(np.mean([walk.end_share for walk in walks]))
    metrics["drift_perfect_ate_m"] = _mean(walks, "idle", "ate")
    metrics["drift_perfect_object_change_m"] = float(
        np.median(np.concatenate([walk.arms["idle"].errors for walk in walks]))
        - np.median(np.concatenate([walk.arms["perfect"].errors for walk in walks]))
    )
    metrics["drift_cpu_ms"] = _mean(walks, "corrected", "cpu_ms")
    metrics["drift_cpu_p99_ms"] = _mean(walks, "corrected", "cpu_p99_ms")
    metrics["drift_cpu_max_ms"] = max(walk.arms["corrected"].cpu_max_ms for walk in walks)
    metrics["drift_keyframes"] = _mean(walks, "corrected", "keyframes")
    metrics["drift_held_mb"] = _mean(walks, "corrected", "held_mb")
    metrics["drift_held_growth_mb"] = _mean(walks, "corrected", "held_growth_mb")
    metrics["drift_refused_share"] = _mean(walks, "corrected", "refused")
    return metrics


def _mean(walks: Sequence[DriftWalk], arm: str, name: str) -> float:
    return float(np.mean([getattr(walk.arms[arm], name) for walk in walks]))


def _right(walks: Sequence[DriftWalk], arm: str) -> float:
    return float(np.mean([right for walk in walks for right in walk.arms[arm].right]))
