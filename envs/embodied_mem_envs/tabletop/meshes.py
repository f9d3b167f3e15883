"""Triangles from the OBJ files that PyBullet ships: the robot's links, a duck, a teddy."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.parts import Triple, rotation


@lru_cache(maxsize=1)
def data_folder() -> Path:
    """Returns the folder of `pybullet_data`.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import pybullet_data
    except ImportError as error:
        raise MissingExtraError("the tabletop", "tabletop") from error
    return Path(pybullet_data.getDataPath())


@lru_cache(maxsize=64)
def load_obj(file: str) -> Float64Array:
    """Returns the (T, 3, 3) triangles of an OBJ file of `pybullet_data`; faces become fans."""
    points: list[list[float]] = []
    faces: list[tuple[int, int, int]] = []
    for line in (data_folder() / file).read_text().splitlines():
        words = line.split()
        if words[:1] == ["v"]:
            points.append([float(word) for word in words[1:4]])
        elif words[:1] == ["f"]:
            corners = [int(word.split("/")[0]) - 1 for word in words[1:]]
            faces += [(corners[0], *corners[k : k + 2]) for k in range(1, len(corners) - 1)]  # type: ignore[misc]
    triangles: Float64Array = np.array(points)[np.array(faces)]
    triangles.setflags(write=False)
    return triangles


@lru_cache(maxsize=64)
def fitted_mesh(file: str, size: Triple) -> Float64Array:
    """Returns the triangles of a mesh, upright and scaled to fill `size` around the origin."""
    fitted = _fitted(load_obj(file), load_obj(file), file, size)
    fitted.setflags(write=False)
    return fitted


@lru_cache(maxsize=64)
def fitted_hulls(file: str, size: Triple) -> tuple[Float64Array, ...]:
    """Returns the (N, 3) corners of every convex piece of such a mesh, fitted in the same way."""
    pieces: list[list[list[float]]] = []
    for line in (data_folder() / file).read_text().splitlines():
        words = line.split()
        if words[:1] == ["o"]:
            pieces.append([])
        elif words[:1] == ["v"]:
            pieces[-1].append([float(word) for word in words[1:4]])
    return tuple(_fitted(np.array(piece), load_obj(file), file, size) for piece in pieces)


def _fitted(points: Float64Array, whole: Float64Array, file: str, size: Triple) -> Float64Array:
    upright = rotation(_UPRIGHT.get(file, (0.0, 0.0, 0.0))).T
    low, high = (whole @ upright).min(axis=(0, 1)), (whole @ upright).max(axis=(0, 1))
    fitted: Float64Array = (points @ upright - 0.5 * (low + high)) * (np.array(size) / (high - low))
    return fitted


_UPRIGHT: dict[str, Triple] = {"duck_vhacd.obj": (np.pi / 2, 0.0, 0.0)}
"""How a file's own axes are turned to z up."""
