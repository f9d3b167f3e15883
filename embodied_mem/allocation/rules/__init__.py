"""Fixed rules: policies of the head that nobody trained, and the floor for those that were."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.rules.coverage import (
    AdjacentSimilar,
    Coverage,
    Hedge,
    KCenter,
    Surprise,
)
from embodied_mem.allocation.rules.evict import Coarse, Fine, Order
from embodied_mem.allocation.rules.linear_rules import EXACT, LinearOrder, exact_head
from embodied_mem.allocation.rules.sampling import (
    Balanced,
    Hierarchical,
    Random,
    Reservoir,
    WeightedReservoir,
)

_ORDERS: Final[Mapping[str, Callable[[], Order]]] = {
    "reservoir": Reservoir,
    "weighted_reservoir": WeightedReservoir,
    "balanced_place": partial(Balanced, "place"),
    "balanced_room": partial(Balanced, "room"),
    "balanced_group": partial(Balanced, "group"),
    "hierarchical": Hierarchical,
    "k_center": KCenter,
    "coverage": Coverage,
    "swap_streaming": partial(Coverage, 2.0),
    "adjacent": AdjacentSimilar,
    "surprise": Surprise,
    "hedge": Hedge,
    "random": Random,
}


def _rules() -> dict[str, Callable[[], Policy]]:
    rules: dict[str, Callable[[], Policy]] = {}
    for name in EXACT:
        rules[name] = partial(exact_head, name)
        rules[f"{name}_coarse"] = partial(_coarse, partial(LinearOrder, name))
    for name, order in _ORDERS.items():
        rules[name] = partial(_fine, order)
        rules[f"{name}_coarse"] = partial(_coarse, order)
    return rules


def _fine(order: Callable[[], Order]) -> Policy:
    return Fine(order())


def _coarse(order: Callable[[], Order]) -> Policy:
    return Coarse(order())


RULES: Final[Mapping[str, Callable[[], Policy]]] = MappingProxyType(_rules())
"""What makes each rule, by its name; one that ends in `_coarse` lowers before it drops."""

__all__ = ["RULES", "Coarse", "Fine", "Order"]
