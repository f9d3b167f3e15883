"""Small memories and queries of vectors, for tests of the transformer."""

from dataclasses import replace

import torch

from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.model import SpatiallyAwareTransformer

SIZE = 6
"""Numbers of a frame."""


def small_model(seed: int = 0, **settings: object) -> SpatiallyAwareTransformer:
    """Returns a transformer whose weights are all drawn, those that begin as 0 too."""
    torch.manual_seed(seed)
    given = {"width": 32, "hidden": 48, "chunk": 4, "top": 2, "places": 8, **settings}
    config = SATConfig(**given)  # type: ignore[arg-type]
    return SpatiallyAwareTransformer(config, VectorEncoder(size=SIZE, width=config.width, hidden=8))


def small_batch(
    seed: int = 0,
    *,
    memories: int = 2,
    entries: int = 13,
    queries: int = 2,
    tokens: int = 2,
    places: int = 4,
    held: float = 0.8,
) -> EpisodicBatch:
    """Returns memories of entries at different times; the same frames are seen again and again."""
    chance = torch.Generator().manual_seed(seed)

    def drawn(high: int, *shape: int, low: int = 0) -> torch.Tensor:
        return torch.randint(low, high, shape, generator=chance)

    frames = 9
    asked = (memories, queries, tokens)
    times = torch.stack([torch.randperm(997, generator=chance)[:entries] for _ in range(memories)])
    return EpisodicBatch(
        frames=torch.randn(frames, SIZE, generator=chance),
        entry_frame=drawn(frames, memories, entries),
        entry_time=times,
        entry_place=drawn(places, memories, entries, low=-1),
        entry_held=torch.rand(memories, entries, generator=chance) < held,
        entry_pose=4 * torch.randn(memories, entries, 2, generator=chance),
        query_frame=drawn(frames, *asked),
        query_time=drawn(2000, *asked),
        query_place=drawn(places, *asked, low=-1),
        query_pose=4 * torch.randn(*asked, 2, generator=chance),
    )


def with_entries(batch: EpisodicBatch, order: torch.Tensor) -> EpisodicBatch:
    """Returns the same memories with their entries in other slots, (N,) of them."""
    names = ("entry_frame", "entry_time", "entry_place", "entry_held", "entry_pose")
    return replace(batch, **{name: getattr(batch, name)[:, order] for name in names})
