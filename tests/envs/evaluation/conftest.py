"""A made-up house's ground truth, so that these tests need no simulator."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from embodied_mem_envs.evaluation.nouns import SPOKEN

Truth = dict[str, Any]
COLOURS = ("red", "green", "blue", "black", "white", "grey")
ROOMS = ("kitchen", "bedroom", "living room", "bedroom", "storage", "office")


def make_object(
    name: str, room: str, centre: tuple[float, float, float], size: float, colour: str = "red"
) -> Truth:
    middle = np.array(centre, float)
    return {
        "id": name,
        "category": name.rsplit("-", 1)[0],
        "colour": colour,
        "material": "wood",
        "room": room,
        "on": None,
        "position": list(centre),
        "yaw": 0.0,
        "box_min": (middle - size / 2).tolist(),
        "box_max": (middle + size / 2).tolist(),
    }


def make_truth(seed: int, objects: int = 60) -> Truth:
    """Six rooms of 4 m by 4 m in a row, with things of random kinds, sizes and places."""
    rng = np.random.default_rng(seed)
    rooms = [
        {
            "id": f"room-{k}",
            "category": category,
            "min": [4.0 * k, 0.0],
            "max": [4.0 * k + 4.0, 4.0],
            "floor": 0,
        }
        for k, category in enumerate(ROOMS)
    ]
    kinds = [str(kind) for kind in rng.choice(sorted(SPOKEN), 35, replace=False)]
    items = []
    for k in range(objects):
        kind, room = str(rng.choice(kinds)), int(rng.integers(len(rooms)))
        x, y = rng.uniform(0.5, 3.5, 2)
        size = float(rng.uniform(0.1, 0.8))
        items.append(
            make_object(
                f"{kind}-{k}",
                f"room-{room}",
                (4.0 * room + float(x), float(y), size / 2),
                size,
                str(rng.choice(COLOURS)),
            )
        )
    return {"schema": 1, "seed": seed, "rooms": rooms, "objects": items, "start": [2, 2, 0]}


@pytest.fixture
def truth_of() -> Callable[[int], Truth]:
    return make_truth


@pytest.fixture
def object_of() -> Callable[..., Truth]:
    return make_object
