"""The simulator's functions, and a seal that keeps its ground truth from everyone but the body."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, NoReturn

from embodied_mem.errors import BodyError, MissingExtraError

GROUND_TRUTH = (
    "getBasePositionAndOrientation",
    "getBaseVelocity",
    "getContactPoints",
    "getClosestPoints",
    "getOverlappingObjects",
    "getAABB",
    "getJointState",
    "getJointStates",
    "getJointStateMultiDof",
    "getJointStatesMultiDof",
    "getLinkState",
    "getLinkStates",
    "getCameraImage",
    "getVisualShapeData",
    "getCollisionShapeData",
    "getBodyInfo",
    "getNumBodies",
    "getBodyUniqueId",
    "getMeshData",
    "rayTest",
    "rayTestBatch",
    "saveWorld",
    "saveBullet",
)
"""What of PyBullet tells the state of the world."""

_lock = threading.Lock()
_seals = 0


@lru_cache(maxsize=1)
def bullet() -> Any:
    """Returns PyBullet's functions as they are when nothing is sealed.

    The body calls through this copy; everyone else goes through the module, which a seal closes.

    Raises:
        MissingExtraError: If PyBullet is not installed.
    """
    try:
        with _without_banner():
            import pybullet
    except ImportError as error:
        raise MissingExtraError("the tabletop", "tabletop") from error
    return SimpleNamespace(**vars(pybullet))


@contextmanager
def _without_banner() -> Iterator[None]:
    """Sends what compiled code writes to standard error nowhere: PyBullet greets on import."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def sealed_simulator() -> Iterator[None]:
    """Makes every ground-truth function of the module `pybullet` raise `BodyError`; nests."""
    global _seals
    originals = bullet()
    import pybullet

    with _lock:
        _seals += 1
        for name in GROUND_TRUTH:
            setattr(pybullet, name, _refusal(name))
    try:
        yield
    finally:
        with _lock:
            _seals -= 1
            if _seals == 0:
                for name in GROUND_TRUTH:
                    setattr(pybullet, name, getattr(originals, name))


def _refusal(name: str) -> Any:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise BodyError(
            f"pybullet.{name} tells the true state of the world, which is sealed while an agent is "
            "evaluated; use what the body senses and observes"
        )

    return refuse
