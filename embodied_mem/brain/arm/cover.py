"""Few spheres that cover a triangle mesh: the cheapest solid to test against a box or a pixel."""

import numpy as np

from embodied_mem.types import AnyArray, Float64Array

LONGEST_EDGE = 0.02
"""Triangles are split until their edges are this short, m, so that spheres stay tight."""


def cover(vertices: Float64Array, triangles: AnyArray, fatness: float = 0.85) -> Float64Array:
    """Returns spheres whose union contains every triangle of a mesh.

    The triangles are halved along their longest direction until each part fits into a sphere that
    is no larger than the mesh is thick.

    Args:
        vertices: (V, 3) in any frame, m.
        triangles: (F, 3) vertex numbers.
        fatness: Largest radius in multiples of the mesh's thinnest extent.

    Returns:
        (N, 4) centre and radius, m.
    """
    parts = [_split_edges(vertices[triangles])]
    largest = fatness * float((vertices.max(axis=0) - vertices.min(axis=0)).min())
    spheres = []
    while parts:
        part = parts.pop()
        sphere = _around(part.reshape(-1, 3))
        if sphere[3] <= largest or len(part) == 1:
            spheres.append(sphere)
            continue
        middles = part.mean(axis=1)
        offsets = middles - middles.mean(axis=0)
        direction = np.linalg.eigh(offsets.T @ offsets)[1][:, -1]
        order = np.argsort(offsets @ direction, kind="stable")
        parts += [part[order[: len(order) // 2]], part[order[len(order) // 2 :]]]
    return np.array(spheres)


def _split_edges(corners: Float64Array) -> Float64Array:
    """Halves the longest edge of every (F, 3, 3) triangle until all are short."""
    done = []
    while len(corners):
        edges = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
        longest = edges.argmax(axis=1)
        short = edges.max(axis=1) <= LONGEST_EDGE
        done.append(corners[short])
        corners, longest = corners[~short], longest[~short]
        rows = np.arange(len(corners))
        start, end, tip = (corners[rows, (longest + turn) % 3] for turn in range(3))
        middle = 0.5 * (start + end)
        corners = np.concatenate(
            [np.stack([start, middle, tip], axis=1), np.stack([middle, end, tip], axis=1)]
        )
    return np.concatenate(done)


def _around(points: Float64Array, steps: int = 16) -> Float64Array:
    """Returns a small (4,) sphere around (N, 3) points (Badoiu and Clarkson 2003, core-sets)."""
    centre = 0.5 * (points.min(axis=0) + points.max(axis=0))
    best = np.append(centre, np.linalg.norm(points - centre, axis=1).max())
    for step in range(1, steps + 1):
        far = np.linalg.norm(points - centre, axis=1).argmax()
        centre = centre + (points[far] - centre) / (step + 1)
        radius = np.linalg.norm(points - centre, axis=1).max()
        if radius < best[3]:
            best = np.append(centre, radius)
    return best
