from pathlib import Path

import numpy as np
import pytest

from embodied_mem.allocation import registry
from embodied_mem.allocation.head_allocator import HeadAllocator
from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.linear import LinearHead
from embodied_mem.allocation.network import ScorerNetwork, parameter_shapes
from embodied_mem.allocation.registry import ALLOCATORS, SHIPPED, load_policy, make_allocator
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.value_per_byte import LeastValuePerByte
from embodied_mem.errors import ConfigError


def linear_head() -> LinearHead:
    return LinearHead(np.ones((len(SLOT_FEATURES), 4)), np.zeros(4))


def scorer() -> ScorerNetwork:
    rng = np.random.default_rng(0)
    shapes = parameter_shapes(len(SLOT_FEATURES), len(CONTEXT_FEATURES), 8)
    return ScorerNetwork({name: rng.normal(size=shape) for name, shape in shapes.items()})


def test_every_rule_is_an_allocator_by_its_name() -> None:
    assert set(RULES) <= set(ALLOCATORS)
    for name in RULES:
        allocator = make_allocator(name)
        assert isinstance(allocator, HeadAllocator)
        assert allocator.name == name
    assert type(make_allocator("value")) is LeastValuePerByte
    assert make_allocator("fifo") is not make_allocator("fifo")


@pytest.mark.parametrize(("name", "nearest"), [("fito", "fifo"), ("coverage_course", "coverage_c")])
def test_an_unknown_name_suggests_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=f"did you mean '{nearest}"):
        make_allocator(name)


@pytest.mark.parametrize("ending", ["", ".json", ".safetensors"])
@pytest.mark.parametrize("make", [linear_head, scorer])
def test_a_path_is_read(tmp_path: Path, make, ending: str) -> None:
    saved = make()
    saved.save(tmp_path / "mine")
    allocator = make_allocator(f"{tmp_path / 'mine'}{ending}")
    assert isinstance(allocator, HeadAllocator)
    assert type(allocator.policy) is type(saved)
    assert allocator.name == "mine"


def test_what_ships_is_found_in_the_assets(tmp_path: Path, monkeypatch) -> None:
    for name in SHIPPED:
        linear_head().save(tmp_path / name)
    monkeypatch.setattr(registry, "asset_path", lambda name: tmp_path / Path(name).name)
    for name in SHIPPED:
        allocator = make_allocator(name)
        assert isinstance(allocator, HeadAllocator)
        assert (allocator.name, type(allocator.policy)) == (name, LinearHead)


def test_what_does_not_ship_is_said(monkeypatch) -> None:
    def missing(name: str) -> Path:
        raise FileNotFoundError(f"no asset {name!r}")

    monkeypatch.setattr(registry, "asset_path", missing)
    with pytest.raises(ConfigError, match="no allocator 'learned' ships"):
        make_allocator("learned")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"kind": "elephant"}'])
def test_what_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"odd\.json"):
        load_policy(path)
    with pytest.raises(ConfigError, match="cannot read the allocator"):
        make_allocator(str(tmp_path / "nothing"))
