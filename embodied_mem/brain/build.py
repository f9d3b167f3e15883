"""Puts a hippocampus together from names and settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.memory import MemoryStore
from embodied_mem.perception import Segmenter
from embodied_mem.perception.descriptor import ColourShapeEmbedder
from embodied_mem.perception.geometric import GeometricSegmenter
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.plugins import load_plugin
from embodied_mem.scene.graph import SceneConfig, SceneGraph

SEGMENTERS: dict[str, Any] = {"instance": InstanceSegmenter, "geometric": GeometricSegmenter}


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryConfig:
    """What a memory is made of."""

    segmenter: str = "instance"
    """`instance` (ids of a simulator), `geometric` (depth and colour alone), or a plugin's name."""
    scene: SceneConfig = field(default_factory=SceneConfig)


def build_hippocampus(
    config: MemoryConfig | None = None,
    *,
    seed: int = 0,
    session: str = "",
    seconds_per_tick: float = 1.0,
    segmenter: Segmenter | None = None,
    resume: Path | None = None,
) -> Hippocampus:
    """Builds a hippocampus with an empty memory, or with the one in the file `resume`.

    Args:
        config: Settings; the defaults where None.
        seed: What record ids are made from.
        session: Name of this visit, kept with every record.
        seconds_per_tick: Length of a tick in the recording or of the body.
        segmenter: One that is built already; overrides the config's.
        resume: A memory file of an earlier visit to go on from.
    """
    config = config or MemoryConfig()
    if segmenter is None:
        segmenter = load_plugin("segmenter", config.segmenter, SEGMENTERS)()
    if resume is None:
        store = MemoryStore(session=session, seed=seed, seconds_per_tick=seconds_per_tick)
    else:
        store = MemoryStore.read(resume)
    return Hippocampus(SceneGraph(segmenter, ColourShapeEmbedder(), config.scene), store)
