"""What is kept for the gradient fits the budget, and the gradient is the same to the bit."""

import copy
import gc
import os
import pickle
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from embodied_mem.errors import ConfigError, EmbodiedMemError
from embodied_mem.models.sat.activations import Stages
from embodied_mem.models.sat.activations_meter import SavedBytes, storage_of
from embodied_mem.models.sat.activations_plan import Costs, StageCost, make_plan
from embodied_mem.models.sat.activations_scratch import Offloader
from embodied_mem.models.sat.activations_tree import tensors_in
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.model import SpatiallyAwareTransformer

WIDTH = 32
PLAN: dict[str, Any] = {"activations": "plan", "activation_bytes": 200_000}


class Reader(nn.Module):
    """Mixes entries, then reads them by attention layer after layer, as the transformer does."""

    def __init__(self, stages: Stages, layers: int = 3) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stages = stages
        self.mix = nn.Sequential(nn.Linear(WIDTH, 64), nn.GELU(), nn.Linear(64, WIDTH), nn.ReLU())
        self.keys = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(layers))
        self.values = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(layers))

    def read(self, layer: int, tokens: Tensor, memory: Tensor) -> Tensor:
        key, value = self.keys[layer](memory), self.values[layer](memory)
        return tokens + functional.scaled_dot_product_attention(tokens, key, value)

    def forward(self, entries: Tensor, tokens: Tensor) -> Tensor:
        with self.stages.forward((entries, tokens), self.parameters()):
            memory = self.stages.run("mix", self.mix, entries)
            for layer in range(len(self.keys)):
                tokens = self.stages.run(f"read {layer}", self.read, layer, tokens, memory)
            memory = memory * memory.sigmoid()  # what is done between stages counts, too
            return tokens + memory.mean(dim=1, keepdim=True)


def inputs(rows: int = 4, entries: int = 200) -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(5)
    made = [torch.randn(rows, count, WIDTH, generator=chance) for count in (entries, 6)]
    return made[0], made[1]


def step(model: Reader, rows: int = 4) -> tuple[list[Tensor], int]:
    """Takes a step; returns the gradients, and the bytes that were held for them."""
    model.zero_grad()
    given = inputs(rows)
    with SavedBytes([*given, *model.parameters()]) as saved:
        result = model(*given)
    torch.autograd.backward(result.sum())
    gradients = [parameter.grad for parameter in model.parameters()]
    return [gradient.clone() for gradient in gradients if gradient is not None], saved.total


@pytest.fixture(scope="module")
def kept() -> tuple[list[Tensor], int]:
    return step(Reader(Stages("keep")))


@pytest.mark.parametrize("activations", ["recompute", "offload"])
def test_gradients_are_the_same_to_the_bit(
    activations: Any, kept: tuple[list[Tensor], int]
) -> None:
    gradients, held = step(Reader(Stages(activations)))
    assert all(torch.equal(own, true) for own, true in zip(gradients, kept[0], strict=True))
    assert held <= kept[1] * {"recompute": 0.2, "offload": 0.03}[activations]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.4, 0.8, 1.5])
def test_plans_fill_their_budget_and_change_no_gradient(
    share: float, kept: tuple[list[Tensor], int]
) -> None:
    budget = int(share * kept[1])
    model = Reader(Stages("plan", budget))
    first, held_while_measuring = step(model)
    gradients, held = step(model)
    for found in (first, gradients):
        assert all(torch.equal(own, true) for own, true in zip(found, kept[0], strict=True))
    ((_, plan),) = model.stages.plans
    assert held == pytest.approx(plan.kept_bytes, rel=1e-3) and held <= 1.001 * budget
    assert held >= 0.95 * min(budget, kept[1])
    assert held_while_measuring <= 0.05 * kept[1]


def test_larger_passes_are_planned_anew_and_smaller_ones_are_not() -> None:
    model = Reader(Stages("plan", 100_000))
    for rows, plans in ((4, 1), (2, 1), (5, 2), (4, 2)):
        _, held = step(model, rows)
        assert len(model.stages.plans) == plans and held <= 100_000


def test_a_budget_that_nothing_fits_is_refused() -> None:
    with pytest.raises(ConfigError, match="activation_bytes is 1; expected at least"):
        step(Reader(Stages("plan", 1)))
    with pytest.raises(ConfigError, match="needs activation_bytes"):
        Stages("plan")


def test_nothing_is_held_without_a_gradient() -> None:
    model = Reader(Stages("offload"))
    with torch.no_grad(), SavedBytes() as saved:
        result = model(*inputs())
    assert saved.total == 0 and torch.equal(result, Reader(Stages("keep"))(*inputs()))


def test_what_is_put_away_leaves_memory() -> None:
    model, seen = Reader(Stages("offload")), []

    def mix(entries: Tensor) -> Tensor:
        memory: Tensor = model.mix(entries)
        seen.append(storage_of(memory))
        return memory

    entries, tokens = inputs()
    with model.stages.forward((entries, tokens)):
        memory = model.stages.run("mix", mix, entries)
        tokens = model.stages.run("read", model.read, 0, tokens, memory)
    assert not seen[0].expired()
    del memory
    assert seen[0].expired()
    torch.autograd.backward(tokens.sum())
    assert model.mix[0].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("stages", [Stages("keep"), Stages("recompute"), Stages("plan", 10_000)])
def test_passes_that_nothing_goes_back_through_leave_nothing(stages: Stages) -> None:
    model, seen = Reader(stages), []
    mix = model.mix.forward

    def watched(entries: Tensor) -> Tensor:
        memory = mix(entries)
        seen.append(storage_of(memory))
        return memory

    model.mix.forward = watched  # type: ignore[method-assign]
    with SavedBytes():
        model(*inputs())
    assert seen and all(storage.expired() for storage in seen)


def open_files() -> Iterator[str]:
    for link in Path("/proc/self/fd").iterdir():
        try:
            yield str(link.readlink())
        except OSError:
            continue


def test_the_file_has_no_name_and_goes_with_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    model = Reader(Stages("offload"))

    def failing(*given: Any) -> Tensor:
        raise ArithmeticError

    with pytest.raises(ArithmeticError), model.stages.forward(inputs()):
        model.stages.run("mix", model.mix, inputs()[0].requires_grad_() * 2)
        model.stages.run("fails", failing, inputs()[0])
    assert not list(tmp_path.iterdir())
    sizes = []
    for _ in range(2):
        step(model)
        (file,) = [name for name in open_files() if name.startswith(str(tmp_path))]
        sizes.append(model.stages._offloader._scratch._file.seek(0, 2))  # type: ignore[union-attr]
    assert "deleted" in file and sizes[0] == sizes[1] > 0
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None and not [name for name in open_files() if str(tmp_path) in name]


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    # A disk cannot be filled here.
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(EmbodiedMemError, match="do not fit into"):
        Offloader().pack(torch.zeros(20_000), 0.0)


def test_views_of_all_kinds_come_back() -> None:
    offloader = Offloader()
    base = torch.arange(60_000, dtype=torch.float32)
    views = (base, base.view(300, 200).T, base[7:].view(-1)[::3], base[:1].expand(5), base.long())
    for share in (0.0, 0.37):
        packed = [offloader.pack(view, share) for view in views]
        assert packed[0]._storage is packed[1]._storage
        for own, view in zip(packed, views, strict=True):
            again = own.restored()
            assert torch.equal(again, view) and again.stride() == view.stride()
        offloader.forget()
    half = torch.randn(40_000).bfloat16()
    assert torch.equal(offloader.pack(half, 0.5).restored(), half)


def test_models_that_offload_can_be_copied_and_sent() -> None:
    model = Reader(Stages("offload"))
    true, _ = step(model)
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        gradients, _ = step(again)
        assert all(torch.equal(own, other) for own, other in zip(gradients, true, strict=True))


def memories(rows: int = 2, entries: int = 300) -> EpisodicBatch:
    chance = torch.Generator().manual_seed(7)

    def drawn(high: int, *shape: int) -> Tensor:
        return torch.randint(high, shape, generator=chance)

    return EpisodicBatch(
        frames=torch.randn(40, WIDTH, generator=chance),
        entry_frame=drawn(40, rows, entries),
        entry_time=drawn(500, rows, entries),
        entry_place=drawn(9, rows, entries),
        entry_held=drawn(8, rows, entries) > 0,
        query_frame=drawn(40, rows, 2, 3),
        query_time=torch.full((rows, 2, 3), 500),
        query_place=drawn(9, rows, 2, 3),
        entry_pose=torch.randn(rows, entries, 2, generator=chance),
        query_pose=torch.randn(rows, 2, 3, 2, generator=chance),
    )


@pytest.mark.parametrize(
    "settings", [{"read": "place"}, {"read": "flat", "place": "pose"}, {"published": True}], ids=str
)
def test_the_transformer_learns_the_same_whatever_is_kept(settings: Any) -> None:
    given, found = memories(), {}
    for ways in ({}, {"activations": "recompute"}, {"activations": "offload"}, PLAN):
        torch.manual_seed(1)
        config = SATConfig(width=WIDTH, hidden=64, layers=2, **settings, **ways)
        model = SpatiallyAwareTransformer(config, VectorEncoder(size=WIDTH, width=WIDTH))
        for _ in range(2 if ways is PLAN else 1):
            model.zero_grad()
            with SavedBytes([*tensors_in(given), *model.parameters()]) as saved:
                result = model(given)
            torch.autograd.backward(result.square().sum())
        gradients = [each.grad for each in model.parameters() if each.grad is not None]
        found[str(ways)] = (result, gradients, saved.total)
    result, gradients, all_kept = found.pop("{}")
    for other, others, held in found.values():
        assert torch.equal(other, result)
        assert all(torch.equal(own, true) for own, true in zip(others, gradients, strict=True))
        assert held < all_kept / 2
    # The loss, which is computed outside, keeps the result.
    assert found[str(PLAN)][2] <= 200_000 + result.nbytes


def brute_force(costs: Costs, budget: int) -> float:
    """Returns the least seconds of all plans that put whole storages somewhere."""
    names, best = list(costs.sizes), float("inf")
    for choice in range(2 ** (len(costs.stages) + len(names))):
        bits = [bool(choice >> bit & 1) for bit in range(len(costs.stages) + len(names))]
        disk = dict(zip(names, bits[len(costs.stages) :], strict=True))
        seconds, needed = 0.0, set()
        for stage, again in zip(costs.stages, bits, strict=False):
            saved = stage.inputs if again else stage.kept
            needed |= set(saved)
            seconds += stage.seconds * again
            seconds += sum(costs.sizes[name] * costs.read_byte * disk[name] for name in saved)
        seconds += sum(costs.sizes[name] * costs.write_byte for name in needed if disk[name])
        if sum(costs.sizes[name] for name in needed if not disk[name]) <= budget:
            best = min(best, seconds)
    return best


def test_plans_cost_the_least_there_is() -> None:
    tensors = [torch.zeros(40_000 + 9_000 * number) for number in range(7)]
    a, b, c, d, e, f, g = (storage_of(tensor) for tensor in tensors)
    stages = (
        StageCost(name="encode", kept=(a, b, b), inputs=(), seconds=8e-3),
        StageCost(name="mix", kept=(b, c, d), inputs=(b,), seconds=1e-3),
        StageCost(name="read", kept=(d, e, f), inputs=(d,), seconds=2.5e-3),
        StageCost(name="answer", kept=(f, g), inputs=(f,), seconds=0.4e-3),
    )
    sizes = {storage_of(each): each.untyped_storage().nbytes() for each in tensors}
    costs = Costs(stages=stages, sizes=sizes, write_byte=2e-9, read_byte=4e-9)
    last = float("inf")
    for budget in range(0, 2_050_000, 340_000):
        plan = make_plan(costs, budget)
        assert plan.kept_bytes <= budget + 1 and plan.seconds <= last + 1e-9
        # A storage may be split, so that a plan is at least as good as the best without.
        assert plan.seconds <= brute_force(costs, budget) + 1e-9
        last = plan.seconds
    assert last == 0
