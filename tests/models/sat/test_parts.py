"""Encoders, heads and embeddings."""

import numpy as np
import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.embeddings import FourierTime, SineTime
from embodied_mem.models.sat.encoders import (
    CellEncoder,
    Centred,
    PatchEncoder,
    SymbolEncoder,
    VectorEncoder,
)
from embodied_mem.models.sat.heads import (
    AnswerHead,
    ClassificationHead,
    PictureHead,
    PolicyHead,
    PredictionHead,
)


def test_numbers_of_squares_are_encoded_as_their_pictures_are() -> None:
    chance = np.random.default_rng(1)
    squares = chance.integers(256, size=(7, 9, 9, 3), dtype=np.uint8)
    numbers = chance.integers(7, size=(3, 5, 4))
    pictures = squares[numbers].transpose(0, 1, 3, 2, 4, 5).reshape(3, 45, 36, 3)
    torch.manual_seed(0)
    encoder = CellEncoder(squares=squares, grid=(5, 4), width=16)
    of_numbers = encoder(torch.from_numpy(numbers))
    torch.testing.assert_close(encoder(torch.from_numpy(pictures)), of_numbers)
    assert of_numbers.shape == (3, 16)
    with pytest.raises(ConfigError, match="give the encoder their pictures"):
        CellEncoder(grid=(5, 4))(torch.from_numpy(numbers))


def test_what_encoders_make_of_other_frames() -> None:
    patches = torch.zeros(3, 16, 16, 3, dtype=torch.uint8)
    assert PatchEncoder(width=24)(patches).shape == (3, 24)
    assert SymbolEncoder(symbols=5, width=24)(torch.tensor([0, 4])).shape == (2, 24)


@pytest.mark.parametrize(
    ("encoder", "frames"),
    [
        (CellEncoder(grid=(1, 2)), torch.arange(2 * 9 * 18 * 3).view(2, 9, 18, 3) % 251),
        (PatchEncoder(), torch.arange(2 * 16 * 16 * 3).view(2, 16, 16, 3) % 251),
        (VectorEncoder(size=3), torch.eye(3)),
        (SymbolEncoder(symbols=4), torch.arange(4)),
    ],
)
def test_encoders_take_off_what_is_in_common(encoder: Centred, frames: torch.Tensor) -> None:
    before = encoder(frames)
    encoder.centre(before.mean(dim=0))
    torch.testing.assert_close(encoder(frames), before - before.mean(dim=0), rtol=1e-4, atol=1e-5)


def test_what_heads_make_of_tokens() -> None:
    tokens = torch.randn(2, 3, 4, 16, generator=torch.Generator().manual_seed(0))
    assert ClassificationHead(width=16, classes=8)(tokens).shape == (2, 3, 8)
    assert PredictionHead(width=16, size=5)(tokens).shape == (2, 3, 4, 5)
    assert AnswerHead(width=16, size=5)(tokens, torch.zeros(2, 3, 6, 5)).shape == (2, 3, 6)
    logits, value = PolicyHead(width=16, actions=7)(tokens)
    assert (logits.shape, value.shape) == ((2, 3, 7), (2, 3))
    pictures = PictureHead(width=16, side=24)(tokens)
    assert pictures.shape == (2, 3, 4, 24, 24, 3)
    assert bool(((pictures >= 0) & (pictures <= 1)).all())
    with pytest.raises(ConfigError, match="multiple of 8"):
        PictureHead(width=16, side=12)


@pytest.mark.parametrize("kind", [SineTime, FourierTime])
def test_ticks_are_told_apart_however_late(kind: type[torch.nn.Module]) -> None:
    torch.manual_seed(0)
    embedding = kind(64)
    early = torch.arange(64)
    late = embedding(early + 2**40)
    torch.testing.assert_close(late, embedding(early), rtol=1e-3, atol=1e-3)
    apart = torch.cdist(late, late) + 10 * torch.eye(64)
    assert float(apart.detach().min()) > 0.05


def test_learned_periods_are_learned() -> None:
    embedding = FourierTime(8)
    embedding(torch.tensor([5, 70])).square().sum().backward()
    assert embedding.octave.grad is not None
    assert float(embedding.octave.grad.abs().min()) > 0
