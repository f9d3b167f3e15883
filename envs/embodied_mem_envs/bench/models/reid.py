"""Objects and places known again by their look: a network beside what is made by hand."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, final

import numpy as np

from embodied_mem.memory.stream import PictureCarrier
from embodied_mem.perception.embedding import EfficientNetEmbedder, PictureEmbedder, make_embedder
from embodied_mem.recordings import open_recording
from embodied_mem.types import Float32Array, Observation, UInt8Array
from embodied_mem_envs.bench.models.reid_objects import object_sights, object_trials
from embodied_mem_envs.bench.models.reid_places import described, house_pictures, judge_places
from embodied_mem_envs.bench.models.reid_recording import APART, judge_things
from embodied_mem_envs.bench.models.reid_trials import Tally
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]

_FIRST: Final = 9100
"""Houses from here on; those that weights and shares were chosen on have other seeds."""
_OBJECTS: Final = {
    "colour_shape": "colour-shape",
    "efficientnet": "efficientnet",
    "joined": "colour-shape+efficientnet",
    "colour_shape_fitted": "colour-shape-fitted",
    "fitted": "fitted",
}
"""Names of embedders, by what their figures are called."""
_HEADLINE: Final = "fitted"
_AGAIN: Final = 30
"""Ticks between two pictures of a house that are compared."""


def bench_reid(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures how often what is seen again is known again, as the most alike of all candidates.

    `reid_objects_...`: one view of an object of a house against a view from elsewhere of each
    object of that house; `..._same_category`: against those of its category alone.
    `reid_places_...`: whole pictures, where 40 % of what each shows must be seen by the other.
    `reid_real_things_...`, `reid_real_places_...`: the same on a real recording, where masks come
    from depth, and poses say what is the same; 0 frames where it is not here. `reid_top1` is
    `reid_objects_fitted`. Intervals are over houses; on the recording, whose frames are no
    independent trials, none are given.

    Args:
        quick: One house, not eight.
        note: Hears what was measured.
        out: Folder for `reid.json`.
    """
    things = {name: make_embedder(way) for name, way in _OBJECTS.items()}
    places = _places()
    houses, real = Tally(), Tally()
    for seed in range(_FIRST, _FIRST + (1 if quick else 8)):
        sights = object_sights(seed, things)
        trials = object_trials(sights, np.random.default_rng([seed, 7]))
        houses.add_trials(trials, sights.vectors, "reid_objects")
        for name, seconds in sights.seconds.items():
            houses.add(f"reid_frame_ms_{name}", [1e3 * seconds])
        houses.add("reid_objects_count", [float(len(set(sights.thing.tolist())))])
        judge_places(house_pictures(seed, places), _AGAIN, "reid_places", houses)
        note(f"house {seed}: {len(trials)} trials of {len(sights.thing)} views; " + _last(houses))
    recording = _recording(note, quick)
    if recording:
        judge_things(recording, things, "reid_real_things", real)
        pictures = described(recording, range(len(recording)), places)
        judge_places(pictures, APART, "reid_real_places", real)
    metrics = _metrics(houses) | {name: float(np.mean(v)) for name, v in real.hits.items()}
    metrics["reid_real_frames"] = float(len(recording))
    metrics["reid_top1"] = metrics[f"reid_objects_{_HEADLINE}"]
    if out is not None:
        write_record(out / "reid.json", {"metrics": metrics, "houses": houses.hits})
    return metrics


@final
class _Carrier:
    """The memory's own descriptor of a picture, made by hand, as a `PictureEmbedder`."""

    space = "carrier"
    side = 64

    def __init__(self) -> None:
        self._carrier = PictureCarrier()
        self.dimension = self._carrier.dimension

    def embed_pictures(self, pictures: Sequence[UInt8Array]) -> Float32Array:
        """Returns (n, dimension) unit rows."""
        return np.stack([self._carrier.still(picture) for picture in pictures])


def _places() -> dict[str, PictureEmbedder]:
    return {
        "carrier": _Carrier(),
        "efficientnet": EfficientNetEmbedder(layer="top", side=224),
        "efficientnet_small": EfficientNetEmbedder(layer="middle", side=96),
    }


def _recording(note: Note, quick: bool) -> list[Observation]:
    """Returns the frames of the sample recording; none where it is not here."""
    folder = Path(os.environ.get("EMBODIED_MEM_DATA", "../shared/data")) / "seven_scenes_sample"
    if not folder.is_dir():
        note(f"no recording at {folder}: set EMBODIED_MEM_DATA; its figures are left out")
        return []
    frames = list(open_recording(folder))
    return frames[:24] if quick else frames


def _last(tally: Tally) -> str:
    told = [f"reid_objects_{way}" for way in _OBJECTS] + ["reid_places_efficientnet"]
    return ", ".join(f"{name[5:]} {tally.hits[name][-1]:.3f}" for name in told)


def _metrics(tally: Tally) -> dict[str, float]:
    """Returns means over houses with their intervals, and what the headline gains."""
    metrics: dict[str, float] = {}
    gains = _gains(tally.hits)
    for name, values in (tally.hits | gains).items():
        estimate = mean_interval(values)
        metrics[name] = estimate.mean
        if len(values) > 1 and not name.startswith("reid_frame"):
            metrics |= {f"{name}_lo": estimate.lo, f"{name}_hi": estimate.hi}
    return metrics


def _gains(hits: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """Returns what a way has over another one, house by house.

    `reid_objects_gain`: the headline over the hand-made descriptor; `..._by_network`: over the
    hand-made descriptor that was fitted on the same houses, so what the network adds.
    """
    pairs = {
        "reid_objects_gain": (_HEADLINE, "colour_shape"),
        "reid_objects_gain_by_network": (_HEADLINE, "colour_shape_fitted"),
        "reid_objects_gain_unfitted": ("joined", "colour_shape"),
    }
    return {
        name: [
            a - b
            for a, b in zip(
                hits[f"reid_objects_{ours}"], hits[f"reid_objects_{other}"], strict=True
            )
        ]
        for name, (ours, other) in pairs.items()
    }
