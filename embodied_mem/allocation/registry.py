"""Allocators by name: the rules, those that were trained and ship, and any that lies in a file."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from embodied_mem.allocation import linear, network
from embodied_mem.allocation.allocator import Allocator
from embodied_mem.allocation.head_allocator import HeadAllocator
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.rules.quota_allocator import QuotaAllocator
from embodied_mem.allocation.value_per_byte import LeastValuePerByte
from embodied_mem.allocation.weights import weight_files
from embodied_mem.assets import asset_path
from embodied_mem.errors import ConfigError
from embodied_mem.plugins import load_plugin

SHIPPED: Final = ("learned", "linear")
"""Names of the policies that were trained or tuned and lie in `assets/allocators/`."""
_LOADERS: Final[Mapping[str, Callable[[Path], Policy]]] = {
    network.KIND: network.ScorerNetwork.load,
    linear.KIND: linear.LinearHead.load,
}
"""By the kind that a file says it is of."""


def load_policy(path: Path) -> Policy:
    """Reads a trained or tuned policy.

    Args:
        path: As in `weights.weight_files`.

    Raises:
        ConfigError: If a file is missing or damaged, or of a kind that does not run here.
    """
    _, about = weight_files(path)
    try:
        kind = json.loads(about.read_text()).get("kind")
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"cannot read the allocator {about}: {error}") from error
    if kind not in _LOADERS:
        raise ConfigError(f"{about} is of kind {kind!r}; expected one of {sorted(_LOADERS)}")
    return _LOADERS[kind](path)


def _rule(name: str) -> Allocator:
    return HeadAllocator(RULES[name](), name)


def _shipped(name: str) -> Allocator:
    try:
        path = asset_path(f"allocators/{name}.json")
    except FileNotFoundError as error:
        raise ConfigError(f"no allocator {name!r} ships with this version: {error}") from error
    return HeadAllocator(load_policy(path), name)


ALLOCATORS: Final[Mapping[str, Callable[[], Allocator]]] = {
    "value": LeastValuePerByte,
    "label_quota": QuotaAllocator,
    "place_quota": partial(QuotaAllocator, "place"),
    **{name: partial(_shipped, name) for name in SHIPPED},
    **{name: partial(_rule, name) for name in RULES},
}
"""The built-in ones; others come through the entry-point group `embodied_mem.allocators`."""


def make_allocator(name: str) -> Allocator:
    """Makes an allocator.

    Args:
        name: One of `ALLOCATORS`, or of a plugin; or the path of a saved policy, with a folder or
            an ending in it.

    Raises:
        ConfigError: If no allocator has that name (the nearest name is suggested), or the file
            cannot be read.
    """
    path = Path(name)
    if name not in ALLOCATORS and (len(path.parts) > 1 or path.suffix in (".json", ".safetensors")):
        return HeadAllocator(load_policy(path), path.stem)
    allocator: Allocator = load_plugin("allocator", name, ALLOCATORS)()
    return allocator
