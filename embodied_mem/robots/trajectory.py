"""A timed path of an arm's joints, as `trajectory_msgs/JointTrajectory` and FCI clients have it."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trajectory:
    """Joint positions at times after the start; linear between them."""

    joints: tuple[str, ...]
    """Names of the joints, in the order of the columns."""
    positions: Float64Array
    """(N, J) joint positions, rad."""
    times: Float64Array
    """(N,) seconds after the start."""

    def __post_init__(self) -> None:
        """Checks shapes only; the safety gate checks what is in them.

        Raises:
            BodyError: If positions are not one row a time and one column a joint, or there is none.
        """
        shape = (len(self.times), len(self.joints))
        if self.positions.shape != shape or shape[0] < 1 or shape[1] < 1:
            raise BodyError(
                f"a trajectory needs one row a time and one column a joint: positions are "
                f"{self.positions.shape}, times and joints say {shape}"
            )

    @property
    def seconds(self) -> float:
        """How long it takes, s."""
        return float(self.times[-1])

    def at(self, seconds: float) -> Float64Array:
        """Returns the (J,) positions at a time after the start; held before and after the ends."""
        columns = [np.interp(seconds, self.times, column) for column in self.positions.T]
        return np.array(columns)
