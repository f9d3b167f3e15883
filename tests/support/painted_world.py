"""A tiny analytic world of coloured boxes, with exact depth, colour and instance ids."""

from dataclasses import dataclass, field

import numpy as np

from embodied_mem.perception import Frame, Segmentation, make_frame
from embodied_mem.types import Float64Array, Intrinsics, Observation

INTRINSICS = Intrinsics.from_hfov(160, 120, np.pi / 3)
_RANGE = 12.0
"""Depth beyond this is not measured, metres."""
_SHADES = np.array([0.8, 0.9, 1.0])
"""Brightness of faces across x, y and z."""


@dataclass(frozen=True)
class PaintedBox:
    """An axis-aligned box; instance 0 is structure."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    rgb: tuple[int, int, int]
    instance: int = 0


@dataclass
class PaintedWorld:
    """Boxes over an infinite grey floor."""

    boxes: list[PaintedBox] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)

    def observe(
        self,
        eye: tuple[float, float, float],
        target: tuple[float, float, float],
        tick: int = 0,
        intrinsics: Intrinsics = INTRINSICS,
    ) -> Observation:
        camera = look_at(eye, target)
        k = intrinsics
        u, v = np.meshgrid(np.arange(k.width), np.arange(k.height))
        rays = np.stack([(u - k.cx) / k.fx, (v - k.cy) / k.fy, np.ones_like(u)], -1)
        way = rays.reshape(-1, 3) @ camera[:3, :3].T
        way[np.abs(way) < 1e-9] = 1e-9
        best = np.where(way[:, 2] < 0, -eye[2] / way[:, 2], np.inf)
        rgb = np.full((len(way), 3), 110.0)
        instance = np.zeros(len(way), np.int32)
        for box in self.boxes:
            near, far = (np.array(box.low) - eye) / way, (np.array(box.high) - eye) / way
            first, last = np.minimum(near, far), np.maximum(near, far)
            enter, leave = first.max(axis=1), last.min(axis=1)
            hit = (enter <= leave) & (enter > 0) & (enter < best)
            best[hit] = enter[hit]
            shade = _SHADES[first.argmax(axis=1)[hit]]
            rgb[hit] = np.array(box.rgb) * shade[:, None]
            instance[hit] = box.instance
        best[best > _RANGE] = 0.0
        shape = (k.height, k.width)
        body = np.eye(4)
        body[:2, 3] = eye[:2]
        return Observation(
            rgb=rgb.reshape(*shape, 3).astype(np.uint8),
            depth=best.reshape(shape).astype(np.float32),
            intrinsics=k,
            T_world_camera=camera,
            T_world_body=body,
            tick=tick,
            instance=instance.reshape(shape),
            labels=self.labels,
        )

    def frame(
        self, eye: tuple[float, float, float], target: tuple[float, float, float], tick: int = 0
    ) -> Frame:
        return make_frame(self.observe(eye, target, tick), stride=1)


def look_at(eye: tuple[float, float, float], target: tuple[float, float, float]) -> Float64Array:
    """Returns T_world_camera of a level camera at `eye` that looks at `target`."""
    forward = np.subtract(target, eye)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = eye
    return pose


def best_overlap(segmentation: Segmentation, truth: np.ndarray) -> float:
    """Returns the intersection over union of a mask with the segment that fits it best."""
    masks = [segmentation.mask == k + 1 for k in range(len(segmentation))]
    return max((float((m & truth).sum() / (m | truth).sum()) for m in masks), default=0.0)
