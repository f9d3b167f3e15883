"""The robot's RGB-D camera: pictures of the house, as ROS messages."""

import json
from collections.abc import Iterator
from typing import Any, final

import cv2
import numpy as np

from embodied_mem.robots.dds.messages import (
    CameraInfo,
    CompressedImage,
    Header,
    Image,
    String,
    stamp_of,
)
from embodied_mem.types import AnyArray, Float32Array
from embodied_mem_envs.house.body import body_pose, mount_pose
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.render import View, camera_rays
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.robot_peer.base import RADIUS
from embodied_mem_envs.robot_peer.broken import broken_image, oversized_image
from embodied_mem_envs.robot_peer.config import PeerConfig
from embodied_mem_envs.robot_peer.faults import Faults
from embodied_mem_envs.robot_peer.wire_names import COLOUR, DEPTH, INFO, INSTANCE

_FRAME = "camera_color_optical_frame"
_BOARD_HALF_WIDTH, _BOARD_HEIGHT = 0.35, 1.6
"""Size of the board that `box` puts in the way, m."""


@final
class PeerCamera:
    """Takes pictures where the body stands."""

    def __init__(self, house: House, config: PeerConfig, faults: Faults) -> None:
        self._config = config
        self._camera = config.camera
        self._faults = faults
        self._house = house
        self._renderer = HouseRenderer(house)
        self._mount = mount_pose(self._camera)
        self._last: View | None = None
        self._broken = 0

    def labels(self) -> String:
        """Returns the names of all instance ids as JSON."""
        return String(data=json.dumps({str(n): name for n, name in self._house.labels().items()}))

    def messages(self, pose: tuple[float, float, float], clock: float) -> Iterator[tuple[str, Any]]:
        """Takes one picture and yields its messages with their topics.

        Args:
            pose: True x, y, yaw of the body in the house.
            clock: When, on the robot's own clock, s.
        """
        if self._faults.sensors.get("camera") != "frozen" or self._last is None:
            T_world_camera = body_pose(*pose) @ self._mount
            self._last = self._renderer.render(T_world_camera, self._camera.intrinsics)
        header = Header(stamp=stamp_of(clock), frame_id=_FRAME)
        yield INFO, self._info(header)
        depth = self._depth(header, self._last.depth)
        colour = self._colour(header, self._last.rgb)
        if self._faults.oversized:
            colour = (COLOUR, oversized_image(header, self._faults.oversized))
            self._faults.oversized = 0
        elif self._faults.malformed > 0:
            self._faults.malformed -= 1
            self._broken += 1
            # Colour and depth take turns, and both meet every way of being broken.
            kind = self._broken // 2
            if self._broken % 2:
                depth = broken_image(kind, depth)
            elif colour[0] == COLOUR:
                colour = (COLOUR, broken_image(kind, colour[1]))
        yield DEPTH, depth
        if self._config.detector:
            yield INSTANCE, _image(header, "16UC1", self._last.instance.astype(np.uint16))
        yield colour

    def _colour(self, header: Header, rgb: AnyArray) -> tuple[str, Any]:
        if not self._config.compressed:
            return COLOUR, _image(header, "rgb8", rgb)
        packed = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1]
        return f"{COLOUR}/compressed", CompressedImage(
            header=header, format="rgb8; jpeg compressed bgr8", data=packed.reshape(-1)
        )

    def _depth(self, header: Header, depth: Float32Array) -> Image:
        if self._faults.box is not None:
            depth = self._with_board(depth, self._faults.box)
        if self._faults.depth == "zero":
            depth = np.zeros_like(depth)
        whole = self._config.depth == "16UC1"
        if self._faults.depth == "nan":  # which whole millimetres cannot say: 0 is their NaN
            depth = np.full_like(depth, 0.0 if whole else np.nan)
        if whole:
            return _image(header, "16UC1", np.rint(1000.0 * depth).astype(np.uint16))
        return _image(header, "32FC1", depth)

    def _with_board(self, depth: Float32Array, free: float) -> Float32Array:
        """Returns depth with an upright board so far before the body's edge, m."""
        rays = camera_rays(self._camera.intrinsics).astype(np.float64) @ self._mount[:3, :3].T
        ahead = np.maximum(rays[:, 0], 1e-9)
        reach = (RADIUS + free - self._mount[0, 3]) / ahead
        side = self._mount[1, 3] + reach * rays[:, 1]
        height = self._mount[2, 3] + reach * rays[:, 2]
        hit = (np.abs(side) <= _BOARD_HALF_WIDTH) & (height >= 0.0) & (height <= _BOARD_HEIGHT)
        board = np.where(hit, reach, np.inf).reshape(depth.shape)
        seen = np.where(depth > 0.0, depth, np.inf)
        nearest = np.minimum(seen, board)
        result: Float32Array = np.where(np.isfinite(nearest), nearest, 0.0).astype(np.float32)
        return result

    def _info(self, header: Header) -> CameraInfo:
        matrix = self._camera.intrinsics.matrix
        return CameraInfo(
            header=header,
            height=self._camera.height,
            width=self._camera.width,
            d=[0.0] * 5,
            k=matrix.reshape(-1).tolist(),
            r=np.eye(3).reshape(-1).tolist(),
            p=np.hstack([matrix, np.zeros((3, 1))]).reshape(-1).tolist(),
        )


def _image(header: Header, encoding: str, pixels: AnyArray) -> Image:
    data = np.ascontiguousarray(pixels)
    return Image(
        header=header,
        height=data.shape[0],
        width=data.shape[1],
        encoding=encoding,
        step=data.nbytes // data.shape[0],
        data=data.reshape(-1).view(np.uint8),
    )
