"""A camera's calibration as sensor_msgs/CameraInfo has it, turned into a pinhole camera."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from embodied_mem.errors import ObservationError
from embodied_mem.types import Intrinsics


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """What is known of a camera, and what to say about it."""

    intrinsics: Intrinsics
    warning: str = ""
    """What will make its pictures inexact; empty where nothing is known to."""


def calibration(
    *,
    width: int,
    height: int,
    k: Sequence[float],
    p: Sequence[float],
    d: Sequence[float],
    binning: tuple[int, int] = (0, 0),
    origin: tuple[int, int] = (0, 0),
) -> Calibration:
    """Checks a calibration.

    The projection matrix P counts, which is that of the rectified picture; K where P is empty.
    Both are of the full resolution: binning and the region's origin are applied here
    (sensor_msgs/msg/CameraInfo.msg, "Operational Parameters").

    Args:
        width: Of the full picture, pixels.
        height: Of the full picture, pixels.
        k: 3 x 3 camera matrix of the raw picture, row by row.
        p: 3 x 4 projection matrix of the rectified picture, row by row.
        d: Distortion coefficients of the raw picture.
        binning: How many pixels of the sensor make one of the picture, across and down; 0 is 1.
        origin: Left and upper edge of the picture in the full picture, pixels.

    Raises:
        ObservationError: If it was not filled in (focal lengths of 0) or makes no sense.
    """
    if len(k) != 9 or len(p) != 12 or not all(map(isfinite, (*k, *p, *d))):
        raise ObservationError("a camera_info holds matrices of a wrong size, or not finite")
    used = (p[0], p[5], p[2], p[6]) if p[0] > 0.0 else (k[0], k[4], k[2], k[5])
    across, down = max(1, binning[0]), max(1, binning[1])
    fx, fy = used[0] / across, used[1] / down
    # Of binned pixels, the centre of the first lies between the centres of those it is made of.
    cx = (used[2] - origin[0] - 0.5 * (across - 1)) / across
    cy = (used[3] - origin[1] - 0.5 * (down - 1)) / down
    size = (width // across, height // down)
    sane = 0 < size[0] <= 16384 and 0 < size[1] <= 16384 and fx > 0.0 and fy > 0.0
    if not (sane and -size[0] < cx < 2 * size[0] and -size[1] < cy < 2 * size[1]):
        raise ObservationError(
            f"a camera_info says {width} x {height} pixels, focal lengths {fx:.1f} and {fy:.1f}, "
            f"centre {cx:.1f} and {cy:.1f}; is the camera calibrated?"
        )
    warning = ""
    if any(abs(value) > 1e-9 for value in d):
        warning = f"lens distortion {[round(float(value), 4) for value in d]} is not corrected"
    return Calibration(
        intrinsics=Intrinsics(width=size[0], height=size[1], fx=fx, fy=fy, cx=cx, cy=cy),
        warning=warning,
    )
