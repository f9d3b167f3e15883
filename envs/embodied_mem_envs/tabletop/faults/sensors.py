"""Faults of the cameras: no picture, or depth full of noise."""

from typing import final

import numpy as np

from embodied_mem.types import Float32Array, UInt8Array
from embodied_mem_envs.tabletop.faults.active import ActiveFault
from embodied_mem_envs.tabletop.faults.stage import Order, Stage
from embodied_mem_envs.tabletop.physics import SECONDS

_HOLES = 0.2
"""Share of the pixels without depth while it is noisy."""


class _CameraFault(ActiveFault):
    def begin(self, stage: Stage, order: Order, victim: str) -> bool:
        """Begins with the next picture."""
        return True

    def showing(self, tick: int, seconds: float) -> bool:
        """Tells whether a picture of this tick is spoilt."""
        return self.fired_at is not None and (tick - self.fired_at) * SECONDS < seconds


@final
class CameraDropout(_CameraFault):
    """Pictures are black and without depth for a while."""

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Lasts as long as the magnitude says."""
        return self.lasting(stage, self.spec.size)

    def see(
        self, tick: int, rgb: UInt8Array, depth: Float32Array
    ) -> tuple[UInt8Array, Float32Array]:
        """Blackens the picture."""
        if not self.showing(tick, self.spec.size):
            return rgb, depth
        return np.zeros_like(rgb), np.zeros_like(depth)


@final
class DepthNoise(_CameraFault):
    """Depth gets noise that grows with the square of the distance, and holes."""

    def go_on(self, stage: Stage, order: Order) -> bool:
        """Lasts for the spec's seconds."""
        return self.lasting(stage, self.spec.seconds)

    def see(
        self, tick: int, rgb: UInt8Array, depth: Float32Array
    ) -> tuple[UInt8Array, Float32Array]:
        """Spoils the depth."""
        if not self.showing(tick, self.spec.seconds):
            return rgb, depth
        sigma = np.float32(self.spec.size) * depth * depth
        noisy = depth + sigma * self.rng.standard_normal(depth.shape, np.float32)
        holes = self.rng.random(depth.shape, np.float32) < _HOLES
        bad = holes | (depth <= 0.0) | (noisy <= 0.0)
        return rgb, np.where(bad, np.float32(0.0), noisy).astype(np.float32)
