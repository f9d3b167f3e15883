"""Pictures as raw bytes: written without a copy, and read only if every length is as announced."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from embodied_mem.robots.gateway.replies import Picture
from embodied_mem.robots.gateway.wire import WireError
from embodied_mem.robots.readings import CameraFrame
from embodied_mem.types import AnyArray, Intrinsics

_DTYPES = ("<u1", "<f4", "<i4")
"""Of colour, depth and instance ids; nothing else is ever read, objects least of all."""
_CHANNELS = (3, 1, 1)


def picture_bytes(width: int, height: int) -> int:
    """Returns the size of the largest part of a picture."""
    return 4 * width * height


def pack_frame(frame: CameraFrame, *, number: int, taken: float) -> tuple[Picture, list[AnyArray]]:
    """Describes a picture and gives its arrays, contiguous and little endian.

    Args:
        frame: The picture.
        number: The request that it answers.
        taken: When it was taken, on the gateway's clock, s.
    """
    images: list[AnyArray] = [frame.rgb, frame.depth]
    if frame.instance is not None:
        images.append(frame.instance)
    parts = [
        np.ascontiguousarray(image, dtype) for image, dtype in zip(images, _DTYPES, strict=False)
    ]
    camera = frame.intrinsics
    head = Picture(
        number=number,
        frame=frame.number,
        taken=taken,
        width=camera.width,
        height=camera.height,
        fx=camera.fx,
        fy=camera.fy,
        cx=camera.cx,
        cy=camera.cy,
        T_world_camera=tuple(map(float, frame.T_world_camera.flat)),
        T_world_body=tuple(map(float, frame.T_world_body.flat)),
        camera=frame.camera,
        with_ids=frame.instance is not None,
        labels=dict(frame.labels),
    )
    return head, parts


def unpack_frame(head: Picture, parts: Sequence[Any], *, taken: float, number: int) -> CameraFrame:
    """Builds the picture from what came over the wire; its arrays are views of the parts.

    Args:
        head: What was announced.
        parts: Buffers of the raw bytes.
        taken: When it was taken, on this machine's monotonic clock, s.
        number: Its number at this end.

    Raises:
        WireError: If the parts are not what was announced, or a pose is not finite.
    """
    expected = 3 if head.with_ids else 2
    if len(parts) != expected:
        raise WireError(f"a picture of {expected} images came in {len(parts)} parts")
    shape = (head.height, head.width)
    arrays = []
    for dtype, channels, part in zip(_DTYPES, _CHANNELS, parts, strict=False):
        wanted = shape if channels == 1 else (*shape, channels)
        size = int(np.prod(wanted)) * np.dtype(dtype).itemsize
        if memoryview(part).nbytes != size:
            raise WireError(f"an image of {memoryview(part).nbytes} bytes; announced was {size}")
        arrays.append(np.frombuffer(part, dtype).reshape(wanted))
    poses = [np.array(pose).reshape(4, 4) for pose in (head.T_world_camera, head.T_world_body)]
    if not np.isfinite(poses).all():
        raise WireError("a picture's pose is not finite")
    intrinsics = Intrinsics(
        width=head.width, height=head.height, fx=head.fx, fy=head.fy, cx=head.cx, cy=head.cy
    )
    frame = CameraFrame(
        rgb=arrays[0],
        depth=arrays[1],
        intrinsics=intrinsics,
        T_world_camera=poses[0],
        T_world_body=poses[1],
        taken=taken,
        number=number,
        camera=head.camera,
        labels=head.labels,
    )
    return replace(frame, instance=arrays[2]) if len(arrays) > 2 else frame
