"""Procedural textures: small seamless tiles that are baked once and looked up at hit points."""

from collections.abc import Callable

import numpy as np

from embodied_mem.types import Float64Array, UInt8Array

TILE = 64
"""Side of a tile in texels; a power of two, so that repeating is a bit mask."""

_Field = Callable[[np.random.Generator], Float64Array]


def bake(texture: str, rgb: tuple[int, int, int], style: int) -> UInt8Array:
    """Bakes one tile.

    The pattern moves every channel by at most about a sixth of its value, and the tone of the
    instance by a few percent, so the basic colour term stays what it was.

    Args:
        texture: A name of `TEXTURES`.
        rgb: The colour of the material.
        style: Seed of the pattern and of the small shift in tone.

    Returns:
        (TILE, TILE, 4) uint8; the fourth channel is padding.
    """
    rng = np.random.default_rng(style)
    field = np.clip(TEXTURES[texture](rng), -1.0, 1.0)
    base = np.array(rgb, np.float64)
    tone = 1.0 + rng.uniform(-0.05, 0.05) + rng.uniform(-0.02, 0.02, 3)
    amplitude = np.maximum(base * 0.16, 7.0)
    colour = base * tone + amplitude * field[..., None]
    tile = np.zeros((TILE, TILE, 4), np.uint8)
    tile[..., :3] = np.clip(np.rint(colour), 0, 255).astype(np.uint8)
    return tile


def _grid() -> tuple[Float64Array, Float64Array]:
    """Returns row and column phases in [0, 1)."""
    axis = np.arange(TILE) / TILE
    rows, columns = np.meshgrid(axis, axis, indexing="ij")
    return rows, columns


def _noise(rng: np.random.Generator, cells: int) -> Float64Array:
    """Smooth seamless noise in about [-1, 1] with `cells` bumps across the tile."""
    coarse = rng.uniform(-1.0, 1.0, (cells, cells))
    at = np.arange(TILE) * cells / TILE
    low = at.astype(int)
    t = at - low
    t = t * t * (3 - 2 * t)
    high = (low + 1) % cells
    rows = coarse[low] * (1 - t)[:, None] + coarse[high] * t[:, None]
    result: Float64Array = rows[:, low] * (1 - t) + rows[:, high] * t
    return result


def _plain(rng: np.random.Generator) -> Float64Array:
    return 0.15 * _noise(rng, 4)


def _grain(rng: np.random.Generator) -> Float64Array:
    rows, _ = _grid()
    lines = int(rng.integers(3, 7))
    warp = 0.6 * _noise(rng, 3)
    return 0.5 * np.sin(2 * np.pi * (lines * rows + warp)) + 0.3 * rng.uniform(-1, 1, (TILE, 1))


def _brushed(rng: np.random.Generator) -> Float64Array:
    streaks = rng.uniform(-1.0, 1.0, (TILE, 1))
    return 0.3 * streaks + 0.2 * _noise(rng, 4)


def _glaze(rng: np.random.Generator) -> Float64Array:
    rows, _ = _grid()
    if rng.random() < 0.5:
        bands = int(rng.integers(1, 4))
        return 0.8 * np.sign(np.sin(2 * np.pi * bands * rows) - rng.uniform(0.2, 0.8))
    dots = _noise(rng, 8)
    return np.where(dots > 0.45, -0.9, 0.2 * _noise(rng, 4))


def _weave(rng: np.random.Generator) -> Float64Array:
    rows, columns = _grid()
    kind = int(rng.integers(4))
    count = int(rng.integers(2, 5))
    a, b = np.sin(2 * np.pi * count * rows), np.sin(2 * np.pi * count * columns)
    threads = 0.25 * rng.uniform(-1, 1, (TILE, TILE))
    if kind == 0:
        return threads + 0.25 * _noise(rng, 5)
    if kind == 1:
        return threads + 0.6 * np.sign(a)
    if kind == 2:
        return threads + 0.35 * (np.sign(a) + np.sign(b))
    return threads + np.where(a * b > 0.45, 0.7, -0.2)


def _stripes(rng: np.random.Generator) -> Float64Array:
    _, columns = _grid()
    count = int(rng.integers(1, 5))
    return 0.7 * np.sign(np.sin(2 * np.pi * count * columns)) + 0.2 * rng.uniform(
        -1, 1, (TILE, TILE)
    )


def _blotches(rng: np.random.Generator) -> Float64Array:
    return 1.2 * _noise(rng, 5) + 0.3 * _noise(rng, 16)


def _speckle(rng: np.random.Generator) -> Float64Array:
    return np.where(rng.random((TILE, TILE)) < 0.15, rng.choice([-1.0, 0.8], (TILE, TILE)), 0.0)


def _basket(rng: np.random.Generator) -> Float64Array:
    rows, columns = _grid()
    count = int(rng.integers(5, 9))
    odd = np.floor(rows * count) % 2
    return 0.9 * np.abs(np.sin(np.pi * (columns * count + 0.5 * odd))) - 0.5


def _corrugated(rng: np.random.Generator) -> Float64Array:
    _, columns = _grid()
    return 0.25 * np.sin(2 * np.pi * 16 * columns) + 0.3 * _noise(rng, 4)


def _leaves(rng: np.random.Generator) -> Float64Array:
    return 1.5 * _noise(rng, 12)


def _screen(rng: np.random.Generator) -> Float64Array:
    rows, columns = _grid()
    return 0.5 * (rows - columns) + 0.1 * _noise(rng, 4)


def _planks(rng: np.random.Generator) -> Float64Array:
    rows, columns = _grid()
    board = np.floor(rows * 6).astype(int)
    tone = rng.uniform(-0.5, 0.5, 6)[board]
    joint = (rows * 6) % 1.0 < 0.1
    ends = np.abs((columns + rng.uniform(0, 1, 6)[board]) % 1.0) < 0.02
    return np.where(joint | ends, -0.9, tone + 0.15 * rng.uniform(-1, 1, (TILE, 1)))


def _tiles(rng: np.random.Generator) -> Float64Array:
    rows, columns = _grid()
    count = int(rng.integers(2, 5))
    joint = ((rows * count) % 1.0 < 0.06) | ((columns * count) % 1.0 < 0.06)
    return np.where(joint, -0.9, 0.3 * _noise(rng, 8))


def _checker(rng: np.random.Generator) -> Float64Array:
    rows, columns = _grid()
    count = 2 * int(rng.integers(1, 3))
    parity = (np.floor(rows * count) + np.floor(columns * count)) % 2
    return np.where(parity > 0, 0.5, -0.5)


def _carpet(rng: np.random.Generator) -> Float64Array:
    return 0.45 * rng.uniform(-1, 1, (TILE, TILE)) + 0.2 * _noise(rng, 6)


def _concrete(rng: np.random.Generator) -> Float64Array:
    return 0.4 * _noise(rng, 6) + 0.15 * rng.uniform(-1, 1, (TILE, TILE))


def _plaster(rng: np.random.Generator) -> Float64Array:
    return 0.12 * _noise(rng, 12) + 0.08 * rng.uniform(-1, 1, (TILE, TILE))


TEXTURES: dict[str, _Field] = {
    "plain": _plain,
    "grain": _grain,
    "brushed": _brushed,
    "glaze": _glaze,
    "weave": _weave,
    "stripes": _stripes,
    "blotches": _blotches,
    "speckle": _speckle,
    "basket": _basket,
    "corrugated": _corrugated,
    "leaves": _leaves,
    "screen": _screen,
    "planks": _planks,
    "tiles": _tiles,
    "checker": _checker,
    "carpet": _carpet,
    "concrete": _concrete,
    "plaster": _plaster,
}
"""Every texture by name; a field in [-1, 1] around the colour of the material."""
