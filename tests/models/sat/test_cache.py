"""Step by step gives what all at once gives."""

import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.cache import MemoryCache
from embodied_mem.models.sat.config import PLACE_EMBEDDINGS, READS, Read
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.published import published_config
from sat_batches import small_batch, small_model


def _written(cache: MemoryCache, batch: EpisodicBatch) -> None:
    assert batch.entry_pose is not None
    for entry in range(batch.sizes[1]):
        held = batch.entry_held[:, entry]
        cache.write(
            torch.where(held, entry, -1),
            batch.frames[batch.entry_frame[:, entry]],
            time=batch.entry_time[:, entry],
            place=batch.entry_place[:, entry],
            pose=batch.entry_pose[:, entry],
        )


def _read(cache: MemoryCache, batch: EpisodicBatch) -> torch.Tensor:
    return cache.read(
        batch.frames[batch.query_frame],
        time=batch.query_time,
        place=batch.query_place,
        pose=batch.query_pose,
    )


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("place", PLACE_EMBEDDINGS)
def test_reading_a_cache_equals_a_forward_pass(read: Read, place: str) -> None:
    model, batch = small_model(read=read, place=place), small_batch()
    cache = MemoryCache(model, memories=2, capacity=13)
    # What was in the slots before is written over.
    _written(cache, small_batch(seed=4, held=1.1))
    cache.clear(torch.tensor([True, True]))
    _written(cache, batch)
    torch.testing.assert_close(_read(cache, batch), model(batch), rtol=0, atol=1e-5)


def test_what_is_forgotten_is_read_no_more() -> None:
    model, batch = small_model(), small_batch(held=1.1)
    cache = MemoryCache(model, memories=2, capacity=13)
    _written(cache, batch)
    cache.forget(torch.tensor([3, -1]))
    batch.entry_held[0, 3] = False
    torch.testing.assert_close(_read(cache, batch), model(batch), rtol=0, atol=1e-5)


def test_what_cannot_be_cached_is_refused() -> None:
    encoder = VectorEncoder(size=6)
    with pytest.raises(ConfigError, match="no cache"):
        MemoryCache(SpatiallyAwareTransformer(published_config(), encoder), memories=1, capacity=2)
    cache = MemoryCache(small_model(), memories=1, capacity=2)
    with pytest.raises(ConfigError, match="slot 2 of a memory of 2"):
        cache.write(torch.tensor([2]), torch.zeros(1, 6), time=torch.tensor([0]))
