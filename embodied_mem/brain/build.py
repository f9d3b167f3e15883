"""Puts a hippocampus together from names and settings."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from embodied_mem.allocation import make_allocator
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.memory_folder import StoreConfig, open_memory
from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem.memory.record import Visibility
from embodied_mem.perception import Embedder, Segmenter
from embodied_mem.perception.detection import DETECTORS, detecting_segmenter
from embodied_mem.perception.embedding.registry import make_embedder
from embodied_mem.perception.geometric import GeometricSegmenter
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.plugins import load_plugin
from embodied_mem.scene.drift.corrector import DriftCorrector
from embodied_mem.scene.graph import SceneConfig, SceneGraph

SEGMENTERS: dict[str, Any] = {
    "instance": InstanceSegmenter,
    "geometric": GeometricSegmenter,
    **{name: partial(detecting_segmenter, name) for name in DETECTORS},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryConfig:
    """What a memory is made of."""

    segmenter: str = "instance"
    """`instance` (ids of a simulator), `geometric` (depth and colour alone), `grounding-dino` or
    `owlv2` (see `detecting_segmenter` for what may follow), or a plugin's name."""
    embedder: str = "colour-shape"
    """What the look of an object is described by: `colour-shape` (made by hand), `efficientnet`,
    `siglip`, `clip`, two of them joined by `+`, or a plugin's name; see `make_embedder`."""
    allocator: str = "learned"
    """What is given up where the budget is short: `learned` (a trained network), `value` (least
    value per byte), a rule such as `coverage_coarse` or `fifo`, a file that `embodied-mem train`
    wrote, or a plugin's name."""
    visibility: Visibility = "private"
    """Who may be told of what is seen, where somebody is named who asks: `shared` for anybody,
    `private` for nobody but the robot itself."""
    consolidate: bool = False
    """Whether facts are superseded, linked and summed up at the end of a visit."""
    correct_drift: bool = False
    """Whether poses are taken for drifting odometry, and put right by what views have in common."""
    store: StoreConfig = field(default_factory=StoreConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)


def make_segmenter(name: str) -> Segmenter:
    """Makes a segmenter by name; that of a detector may go on, as in `owlv2:FOLDER+depth`.

    Raises:
        ConfigError: If a name is unknown.
        MissingWeightsError: If a detector's weights are not on this machine.
        MissingExtraError: If what a detector needs is not installed.
    """
    if re.split("[:+]", name, maxsplit=1)[0] in DETECTORS:
        return detecting_segmenter(name)
    segmenter: Segmenter = load_plugin("segmenter", name, SEGMENTERS)()
    return segmenter


def build_hippocampus(
    config: MemoryConfig | None = None,
    *,
    path: Path | None = None,
    seed: int = 0,
    session: str = "",
    seconds_per_tick: float = 1.0,
    segmenter: Segmenter | None = None,
    resume: Path | None = None,
) -> Hippocampus:
    """Builds a hippocampus with an empty memory, or with that of an earlier visit.

    Args:
        config: Settings; the defaults where None.
        path: Folder that keeps the memory, durable with every observation; a memory that lies
            there is replaced unless it is `resume`. None for one in RAM. Close it in the end:
            `hippocampus.store.close()`.
        seed: What record ids are made from.
        session: Name of this visit, kept with every record.
        seconds_per_tick: Length of a tick in the recording or of the body.
        segmenter: One that is built already; overrides the config's.
        resume: Folder or file of a memory of an earlier visit to go on from.

    Raises:
        ConfigError: If a name is unknown, `path` holds something that is no memory, or the objects
            of `resume` were described by another embedder.
        MissingWeightsError: If the segmenter's or the embedder's weights are not on this machine.
        MemoryFileError: If `resume` cannot be read, or another process writes to `path`.
    """
    config = config or MemoryConfig()
    if segmenter is None:
        segmenter = make_segmenter(config.segmenter)
    allocator = make_allocator(config.allocator)
    scene = SceneGraph(segmenter, make_embedder(config.embedder), config.scene)
    store = open_memory(
        path,
        config.store,
        session=session,
        seed=seed,
        seconds_per_tick=seconds_per_tick,
        resume=resume,
    )
    try:
        _check_space(store, scene.embedder)
        return Hippocampus(
            scene,
            store,
            allocator,
            visibility=config.visibility,
            consolidator=Consolidator(store) if config.consolidate else None,
            corrector=DriftCorrector() if config.correct_drift else None,
        )
    except BaseException:
        store.close()
        raise


def _check_space(store: MemoryStore, embedder: Embedder) -> None:
    """Refuses to go on with objects whose descriptors another embedder made.

    Raises:
        ConfigError: If there are such; their vectors cannot be compared with new ones.
    """
    for record, fact in active(store, ObjectFact):
        if record.space != embedder.space:
            raise ConfigError(
                f"{fact.object_id} was described in the space {record.space!r}, and this visit's "
                f"embedder describes in {embedder.space!r}: go on with the embedder of the earlier "
                "visit, or begin a new memory"
            )
