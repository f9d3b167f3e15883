"""Moves the tabletop's arm by joint commands alone: a teacher that sees the true world."""

import numpy as np

from embodied_mem.types import Command, Float64Array
from embodied_mem_envs.tabletop import TabletopBody
from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.seal import bullet

TOOL = 11
_REST = (0.0, -0.4, 0.0, -2.2, 0.0, 1.8, 0.25 * np.pi)


def by(x: float, y: float, z: float) -> Float64Array:
    """A way in the world, m."""
    return np.array([x, y, z])


class Operator:
    """Solves the arm's kinematics with PyBullet and sends what it finds, tick by tick."""

    def __init__(self, body: TabletopBody) -> None:
        self.body = body
        self._world = body._world
        self._pb = bullet()
        self.width = 0.08

    def solve(self, position: Float64Array, yaw: float) -> Float64Array:
        """Joint angles of a hand that points down, its fingers closing along `yaw`.

        Raises:
            ValueError: If the arm cannot get there.
        """
        # A hand that is turned by half a circle holds just as well; the wrist twists less in one.
        azimuth = np.arctan2(position[1], position[0]) - 0.5 * np.pi
        easy = azimuth + (yaw - azimuth + 0.5 * np.pi) % np.pi - 0.5 * np.pi
        joints = np.array(_REST)
        joints[6] += azimuth - easy
        pose = self._pb.getQuaternionFromEuler((np.pi, 0.0, easy + 0.5 * np.pi))
        client, arm = self._world.client, self._world.arm
        before = [state[0] for state in self._world.joint_states()]
        try:
            for _ in range(200):
                for joint, angle in enumerate(joints.tolist()):
                    self._pb.resetJointState(arm, joint, angle, physicsClientId=client)
                error = np.linalg.norm(self.tool() - position)
                if error < 1e-4:
                    return joints
                joints = np.array(
                    self._pb.calculateInverseKinematics(
                        arm, TOOL, list(position), pose, physicsClientId=client
                    )[:7]
                )
            raise ValueError(f"no joint angles for {position}, {yaw}: {error:.4f} m off")
        finally:
            for joint, angle in zip((*range(7), 9, 10), before, strict=True):
                self._pb.resetJointState(arm, joint, angle, physicsClientId=client)

    def move(self, position: Float64Array, yaw: float, speed: float = 1.2) -> None:
        """Moves there in joint space at `speed` rad/s of the fastest joint."""
        self.go(self.solve(position, yaw), speed)

    def go(self, joints: Float64Array, speed: float = 1.2) -> None:
        """Moves to joint angles with a smooth start and end."""
        start = self.body.sense().joints
        count = max(int(np.abs(joints - start).max() / speed / 0.005 * 1.9), 10)
        for share in np.linspace(0.0, 1.0, count + 1)[1:].tolist():
            smooth = share**3 * (10 - 15 * share + 6 * share * share)
            target = start + smooth * (joints - start)
            self.body.act(Command(joints=tuple(target.tolist()), gripper=self.width))

    def line(self, position: Float64Array, yaw: float, steps: int = 10, speed: float = 1.2) -> None:
        """Moves the tool along a straight line."""
        start = self.tool()
        for share in np.linspace(0.0, 1.0, steps + 1)[1:]:
            self.move(start + share * (position - start), yaw, speed)

    def tool(self) -> Float64Array:
        """Where the point between the finger tips is, m."""
        return np.array(self._world.link_poses((TOOL,))[0][0])

    def grip(self, width: float, ticks: int = 100) -> None:
        """Opens or closes the fingers."""
        self.width = width
        for _ in range(ticks):
            self.body.act(Command(gripper=width))

    def take(self, name: str, lift: float = 0.15) -> None:
        """Grasps a thing from above as the catalogue says, and lifts it."""
        thing = kind(self.body.things[name].kind)
        (x, y, z), _ = self._world.pose(name)
        yaw = self.yaw(name) + thing.grasp_turn
        yaw = (yaw + 0.5 * np.pi) % np.pi - 0.5 * np.pi
        low = np.array([x, y, z - 0.5 * thing.size[2] + thing.grasp_height])
        high = np.array([x, y, low[2] + lift])
        self.grip(0.08, 20)
        self.move(high, yaw)
        self.line(low, yaw, 4)
        self.grip(0.0)
        self.line(high, yaw, 4)

    def yaw(self, name: str) -> float:
        """Turn of a thing about the vertical, rad."""
        x, y, z, w = self._world.pose(name)[1]
        return float(np.arctan2(2 * (x * y + z * w), 1 - 2 * (y * y + z * z)))
