"""In other numbers, compiled and on a CUDA device, the answers are the same but for rounding."""

import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.accelerate import Acceleration
from embodied_mem.models.sat.config import PLACE_EMBEDDINGS, READS, Read
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.published import published_config
from sat_batches import small_batch, small_model

_needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


@pytest.mark.parametrize("place", PLACE_EMBEDDINGS)
def test_bfloat16_answers_alike_and_teaches(place: str) -> None:
    model, batch = small_model(read="flat", place=place), small_batch()
    exact = model(batch).detach()
    with Acceleration(device="cpu", bf16=True).running():
        answers = model(batch)
    answers.float().square().mean().backward()
    assert float((answers.detach().float() - exact).abs().max()) < 0.1
    assert all(p.dtype == torch.float32 for p in model.parameters())
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize("read", READS)
def test_bfloat16_reads_by_chunks(read: Read) -> None:
    model, batch = small_model(read=read), small_batch()
    with Acceleration(device="cpu", bf16=True).running():
        weights = model.attention(batch).weights
    for each in weights:
        torch.testing.assert_close(
            each.float().sum(dim=-1), torch.ones(each.shape[:-1]), rtol=0, atol=0.05
        )


def test_the_published_form_runs_in_bfloat16() -> None:
    torch.manual_seed(0)
    model = SpatiallyAwareTransformer(published_config("place"), VectorEncoder(size=6))
    with Acceleration(device="cpu", bf16=True).running():
        assert bool(model(small_batch()).isfinite().all())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match="there is none"):
        _ = Acceleration(device="cuda").torch_device
    assert Acceleration().torch_device.type == "cpu"


@_needs_cuda
@pytest.mark.parametrize("read", READS)
def test_a_cuda_device_answers_alike(read: Read) -> None:
    model, batch = small_model(read=read), small_batch()
    exact = model(batch).detach()
    acceleration = Acceleration(device="cuda", bf16=False, compile=False)
    answers = acceleration.prepare(model)(batch.to(acceleration.torch_device))
    torch.testing.assert_close(answers.detach().cpu(), exact, rtol=1e-3, atol=1e-3)


@_needs_cuda
@pytest.mark.parametrize("read", READS)
def test_compiled_layers_answer_and_teach_alike(read: Read) -> None:
    model, batch = small_model(read=read), small_batch()
    names = set(model.state_dict())
    acceleration = Acceleration(device="cuda", bf16=False, compile=True)
    device = acceleration.torch_device
    exact = model.to(device)(batch.to(device)).detach()
    answers = acceleration.prepare(model)(batch.to(device))
    torch.testing.assert_close(answers.detach(), exact, rtol=1e-3, atol=1e-3)
    answers.square().mean().backward()
    assert set(model.state_dict()) == names
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)
