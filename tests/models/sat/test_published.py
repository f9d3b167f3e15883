"""The published form against the same model written down plainly."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import Read, SATConfig
from embodied_mem.models.sat.embeddings import sinusoid
from embodied_mem.models.sat.heads import ClassificationHead
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.published import PublishedEncoder, published_config
from embodied_mem_envs.room_ballet.batches import dance_batch, draw_kept
from embodied_mem_envs.room_ballet.multi_task import FULL, draw_episodes
from embodied_mem_envs.room_ballet.pictures import pixels, square_pictures

_AMA = 4 * 64 + 64 + 64 * 4 + 4
_TOKENS = 3


def _model(read: Read = "flat") -> tuple[SpatiallyAwareTransformer, ClassificationHead]:
    torch.manual_seed(3)
    model = SpatiallyAwareTransformer(published_config(read), PublishedEncoder(square_pictures()))
    return model, ClassificationHead(width=128, classes=8)


def _lesson(dances: int = 2, count: int = 2) -> tuple[EpisodicBatch, Tensor, np.ndarray]:
    rng = np.random.default_rng(5)
    episodes = draw_episodes(FULL, count, rng)
    kept = draw_kept(episodes, dances, rng)
    kept[0, 0] = -1
    batch, answers = dance_batch(episodes, kept, kept[:, 1:2], tokens=_TOKENS)
    return batch, answers, pixels(batch.frames.numpy())


def _plain(
    model: SpatiallyAwareTransformer, head: nn.Module, batch: EpisodicBatch, drawn: np.ndarray
) -> Tensor:
    """Returns (B, classes) logits: all frames encoded, all keys and values made, no shortcut."""
    core: Any = model.core
    memories, queries = drawn[batch.entry_frame.numpy()], drawn[batch.query_frame[:, 0].numpy()]
    logits = []
    for row in range(len(memories)):
        held = batch.entry_held[row]
        memory = _encoded(model.encoder, memories[row])
        slots = torch.arange(len(memory) - 1, -1, -1)
        memory = memory + sinusoid(slots, 128) + sinusoid(batch.entry_place[row], 128)
        places = batch.entry_place[row] if model.config.read == "place" else None
        chunks = _chunks(held, places, model.config.chunk)
        tokens = _encoded(model.encoder, queries[row])
        for layer in core.layers:
            tokens = tokens + _among(layer.among, layer.norm_tokens(tokens))
            asked = layer.read.norm(tokens)
            tokens = tokens + _read(layer.read, asked, memory, chunks, model.config)
            tokens = tokens + layer.work(layer.norm_work(tokens))
        logits.append(head(tokens[None, None])[0, 0])
    return torch.stack(logits)


def _encoded(encoder: Any, pictures: np.ndarray) -> Tensor:
    inside = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    inside = encoder.second(encoder.first(inside).relu()).relu()
    encoded: Tensor = encoder.out(inside.flatten(1))
    return encoded


def _chunks(held: Tensor, places: Tensor | None, size: int) -> list[list[int]]:
    entries = [int(each) for each in held.nonzero()[:, 0]]
    rooms = [entries]
    if places is not None:
        numbers = places.tolist()
        rooms = [[e for e in entries if numbers[e] == place] for place in sorted(set(numbers))]
    return [room[at : at + size] for room in rooms for at in range(0, len(room), size)]


def _among(attention: Any, tokens: Tensor) -> Tensor:
    query, key, value = attention.project(tokens).chunk(3, dim=1)
    return _heads(query, key, value, attention.out)


def _heads(query: Tensor, key: Tensor, value: Tensor, out: nn.Module) -> Tensor:
    parts = []
    for q, k, v in zip(query.split(64, 1), key.split(64, 1), value.split(64, 1), strict=True):
        parts.append((q @ k.T / 64**0.5).softmax(dim=1) @ v)
    mixed: Tensor = out(torch.cat(parts, dim=1))
    return mixed


def _read(
    read: Any, asked: Tensor, memory: Tensor, chunks: list[list[int]], config: SATConfig
) -> Tensor:
    summaries = torch.stack([memory[chunk].mean(dim=0) for chunk in chunks])
    scores = read.summary_query(asked) @ read.summary_key(summaries).T / 128**0.5
    top = len(chunks) if config.read == "flat" else min(config.top, len(chunks))
    best, numbers = scores.topk(top, dim=1)
    weights = torch.zeros_like(scores).scatter(1, numbers, best.softmax(dim=1))
    read_tokens, query = torch.zeros_like(asked), read.query(asked)
    for number, chunk in enumerate(chunks):
        kept = memory[chunk]
        inside = _heads(query, read.key(kept), read.value(kept), read.out)
        read_tokens = read_tokens + weights[:, number, None] * inside
    return read_tokens


@pytest.mark.parametrize("read", ["flat", "time", "place"])
def test_the_fast_order_computes_the_published_loss_and_gradients(read: Read) -> None:
    model, head = _model(read)
    # More chunks than are read, where only some are.
    batch, answers, drawn = _lesson(dances=2 if read == "flat" else 7)
    weights = dict(model.named_parameters()) | {f"head.{n}": p for n, p in head.named_parameters()}

    fast = functional.cross_entropy(head(model(batch))[:, 0], answers[:, 0])
    of_fast = torch.autograd.grad(fast, list(weights.values()), allow_unused=True)
    plain = functional.cross_entropy(_plain(model, head, batch, drawn), answers[:, 0])
    of_plain = torch.autograd.grad(plain, list(weights.values()), allow_unused=True)

    torch.testing.assert_close(fast, plain, rtol=1e-6, atol=1e-6)
    for name, one, other in zip(weights, of_fast, of_plain, strict=True):
        one, other = (torch.zeros_like(weights[name]) if g is None else g for g in (one, other))
        scale = max(float(other.abs().max()), 1e-4)
        assert float((one - other).abs().max()) <= 1e-4 * scale, name


def test_chunks_of_one_leave_the_attention_inside_them_without_a_gradient() -> None:
    model, head = _model()
    batch, answers, _ = _lesson()
    functional.cross_entropy(head(model(batch))[:, 0], answers[:, 0]).backward()
    core: Any = model.core
    for layer in core.layers:
        assert layer.read.query.weight.grad is None
        assert layer.read.key.weight.grad is None
        of_value = layer.among.project.weight.grad[:256]
        assert float(of_value.abs().max()) == 0.0


def test_it_has_as_many_weights_as_the_published_model() -> None:
    model, head = _model()
    count = sum(each.numel() for part in (model, head) for each in part.parameters())
    assert count == 839_656
    assert count + _AMA == 840_236


def test_time_is_that_of_the_slot() -> None:
    model, _ = _model()
    batch, _, _ = _lesson()
    later = EpisodicBatch(
        **{name: getattr(batch, name) for name in _NAMES if name != "entry_time"},
        entry_time=batch.entry_time * 3 + 7,
    )
    assert torch.equal(model(batch), model(later))


_NAMES = (
    *("frames", "entry_frame", "entry_time", "entry_place", "entry_held"),
    *("query_frame", "query_time", "query_place"),
)


def test_what_the_paper_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="the published model has no read"):
        SpatiallyAwareTransformer(
            SATConfig(read="stay", published=True), PublishedEncoder(square_pictures())
        )
