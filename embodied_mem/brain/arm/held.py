"""What is held: where it sits in the hand, and how large it is."""

import itertools

import numpy as np

from embodied_mem.brain.state import Entity
from embodied_mem.types import Float64Array

CELL = 0.045
"""Longest edge of the cells into which a held box is cut, one sphere each, m."""


def box_pose(entity: Entity) -> Float64Array:
    """Returns the (4, 4) pose of an entity's box in the world."""
    cosine, sine = np.cos(entity.yaw), np.sin(entity.yaw)
    pose = np.eye(4)
    pose[:2, :2] = (cosine, -sine), (sine, cosine)
    pose[:3, 3] = entity.position
    return pose


def held_spheres(T_world_tool: Float64Array, entity: Entity) -> Float64Array:
    """Returns (H, 4) spheres that contain a thing's box, in the frame of the tool, m."""
    counts = np.maximum(1, np.ceil(entity.size / CELL)).astype(int)
    cell = entity.size / counts
    axes = [
        (np.arange(count) + 0.5) * edge - 0.5 * whole
        for count, edge, whole in zip(counts, cell, entity.size, strict=True)
    ]
    centres = np.array(list(itertools.product(*axes)))
    T_tool_box = np.linalg.inv(T_world_tool) @ box_pose(entity)
    radius = np.full((len(centres), 1), 0.5 * float(np.linalg.norm(cell)))
    moved = centres @ T_tool_box[:3, :3].T + T_tool_box[:3, 3]
    return np.concatenate([moved, radius], axis=1)
