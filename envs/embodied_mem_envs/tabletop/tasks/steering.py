"""Turns a learner's actions into commands, tick by tick: steps of the hand, or of the joints."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.robots.arm import ArmDescription, ArmState
from embodied_mem.types import AnyArray, Command, Float64Array

Control = Literal["ee_delta", "joint_delta"]
CONTROLS: tuple[Control, ...] = get_args(Control)
TICKS = 10
"""Ticks that one action lasts."""
HAND_STEP = 0.02
"""Most that the hand moves along each axis in one action, m."""
TURN_STEP = 0.15
"""Most that the hand turns in one action, rad."""
JOINT_STEP = 0.08
"""Most that a joint moves in one action, rad."""
WIDEST = 0.08
"""Distance of the opened fingers, m."""
REACHABLE = ((0.15, 0.80), (-0.60, 0.60), (0.008, 0.55))
"""Where the point between the finger tips may be sent, m along x, y and z."""
_DOWN = np.diag([1.0, -1.0, -1.0])


class Steering:
    """Keeps where the arm is to be, so that small steps add up and sagging does not.

    The hand always points straight down; its pose is x, y, z and the turn about the vertical.
    """

    def __init__(self, description: ArmDescription, state: ArmState, control: Control) -> None:
        """Starts where the arm is.

        Args:
            description: Which arm.
            state: Its joint readings now.
            control: What actions mean.
        """
        self.control = control
        self._model = _model_of(description)
        self._joints: Float64Array = np.array(state.joints, np.float64)
        self._take_pose()
        self.unreachable = False
        """Whether the last action asked for a pose that the arm cannot take; it stayed then."""

    def commands(self, action: AnyArray) -> Iterator[Command]:
        """Yields the commands of one action.

        Args:
            action: (5,) dx, dy, dz, turn, fingers, or (8,) seven joints and fingers, each from -1
                to 1; more numbers at its end are ignored.
        """
        values = np.clip(np.asarray(action, np.float64), -1.0, 1.0)
        before = self._joints
        if self.control == "ee_delta":
            self._joints, fingers = self._step_hand(values), values[4]
        else:
            self._joints, fingers = self._step_joints(values), values[7]
        width = 0.5 * WIDEST * float(fingers + 1.0)
        for share in np.linspace(0.0, 1.0, TICKS + 1)[1:]:
            joints = before + share * (self._joints - before)
            yield Command(joints=tuple(joints.tolist()), gripper=width)

    def tool(self, state: ArmState) -> Float64Array:
        """Returns where the hand really is: x, y, z (m) and cosine and sine of its turn."""
        pose = self._model.tool_pose(state.joints)
        turn = np.arctan2(pose[1, 0], pose[0, 0])
        return np.array([*pose[:3, 3], np.cos(turn), np.sin(turn)])

    def _take_pose(self) -> None:
        pose = self._model.tool_pose(self._joints)
        self._place: Float64Array = pose[:3, 3].copy()
        self._turn = float(np.arctan2(pose[1, 0], pose[0, 0]))

    def _step_hand(self, values: Float64Array) -> Float64Array:
        low, high = np.array(REACHABLE).T
        place = np.clip(self._place + HAND_STEP * values[:3], low, high)
        turn = self._turn + TURN_STEP * float(values[3])
        pose = np.eye(4)
        c, s = np.cos(turn), np.sin(turn)
        pose[:3, :3] = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ _DOWN
        pose[:3, 3] = place
        joints = self._model.solve(pose, self._joints, restarts=0)
        self.unreachable = joints is None or self._too_far(joints)
        if joints is None or self.unreachable:
            return self._joints
        self._place, self._turn = place, turn
        return joints

    def _too_far(self, joints: Float64Array) -> bool:
        """Tells whether the arm would have to swing around to get there in one action."""
        most = self._model.velocity * TICKS * 0.005
        return bool(np.any(np.abs(joints - self._joints) > most))

    def _step_joints(self, values: Float64Array) -> Float64Array:
        wished = self._joints + JOINT_STEP * values[:7]
        joints: Float64Array = np.clip(wished, self._model.lower, self._model.upper)
        self.unreachable = bool(np.any(joints != wished))
        return joints


@lru_cache(maxsize=2)
def _model_of(description: ArmDescription) -> ArmModel:
    """Reading an arm's description takes half a second, so a process does it once."""
    return ArmModel(description)
