"""An arm's kinematics: where the tool is, where the links are, which joints reach a pose."""

from types import ModuleType
from typing import Any, final

import numpy as np
from scipy.spatial import ConvexHull

from embodied_mem.brain.arm.cover import cover
from embodied_mem.errors import ConfigError, MissingExtraError
from embodied_mem.robots.arm import ArmDescription
from embodied_mem.types import Float64Array

SOFT = 0.07
"""Distance kept from the ends of the joints' ranges, as Franka's own soft limits do, rad."""
CLOSE_ENOUGH = 2e-4
"""Error at which a pose counts as reached: m, and rad."""


@final
class ArmModel:
    """The kinematics of one arm, read from its URDF by pinocchio.

    Joints are (J,) arrays in the order of `ArmDescription.joints`. Not thread-safe: calls share
    pinocchio's work space.
    """

    def __init__(self, description: ArmDescription) -> None:
        """Reads the URDF and covers the hulls of its collision meshes with spheres.

        Raises:
            MissingExtraError: If pinocchio is not installed.
            ConfigError: If the URDF lacks a joint or the tool's frame.
        """
        self._pin = _pinocchio()
        pin = self._pin
        whole = pin.buildModelFromUrdf(str(description.urdf))
        missing = [name for name in description.joints if not whole.existJointName(name)]
        if missing or not whole.existFrame(description.tool_frame):
            raise ConfigError(
                f"{description.urdf} lacks {', '.join(missing) or description.tool_frame}"
            )
        self._T_world_base = np.array(description.T_world_base)
        fingers = [n for n in whole.names[1:] if n not in description.joints]
        self._model = pin.buildReducedModel(
            whole, [whole.getJointId(name) for name in fingers], pin.neutral(whole)
        )
        if tuple(self._model.names[1:]) != description.joints:
            raise ConfigError(f"the joints' order must be {', '.join(self._model.names[1:])}")
        self._data = self._model.createData()
        self._tool = self._model.getFrameId(description.tool_frame)
        self.home: Float64Array = np.array(description.home)
        """(J,) the posture in which the arm hides nothing, rad."""
        self.lower: Float64Array = np.array(self._model.lowerPositionLimit) + SOFT
        """(J,) lowest joint positions that are used, rad."""
        self.upper: Float64Array = np.array(self._model.upperPositionLimit) - SOFT
        """(J,) highest joint positions that are used, rad."""
        self.velocity: Float64Array = np.array(self._model.velocityLimit)
        """(J,) highest joint speeds, rad/s."""
        self.widest = description.widest
        """Distance of the opened fingers, m."""
        self._read_chain()
        self._cover_links(description, whole)
        self._seeds = self._spread(12)

    def tool_pose(self, joints: Float64Array) -> Float64Array:
        """Returns the (4, 4) pose T_world_tool of the frame between the finger tips."""
        self._pin.forwardKinematics(self._model, self._data, np.asarray(joints, dtype=np.float64))
        pose = self._pin.updateFramePlacement(self._model, self._data, self._tool)
        return np.asarray(self._T_world_base @ pose.homogeneous)

    def jacobian(self, joints: Float64Array) -> Float64Array:
        """Returns the (6, J) motion of the tool for each joint's: m and rad along world axes."""
        pin, model, data = self._pin, self._model, self._data
        pin.computeJointJacobians(model, data, joints)
        pin.updateFramePlacement(model, data, self._tool)
        local = pin.getFrameJacobian(model, data, self._tool, pin.LOCAL_WORLD_ALIGNED)
        turn = self._T_world_base[:3, :3]
        return np.concatenate([turn @ local[:3], turn @ local[3:]])

    def spheres(
        self,
        joints: Float64Array,
        opening: float | None = None,
        *,
        held: Float64Array | None = None,
    ) -> Float64Array:
        """Returns spheres that contain all links, the base, the hand and the fingers.

        Args:
            joints: (J,) rad.
            opening: Distance of the fingers, m; widest where None.
            held: (H, 4) spheres of what is held, in the frame of the tool.

        Returns:
            (N, 4) centre in the world and radius, m; the first `base_spheres` never move.
        """
        posture = np.asarray(joints, dtype=np.float64)[None]
        return np.asarray(self.spheres_along(posture, opening, held=held)[0])

    def spheres_along(
        self,
        joints: Float64Array,
        opening: float | None = None,
        *,
        held: Float64Array | None = None,
    ) -> Float64Array:
        """Returns the spheres of many postures at once.

        Args:
            joints: (K, J) rad.
            opening: As in `spheres`.
            held: As in `spheres`.

        Returns:
            (K, N, 4) centre in the world and radius, m.
        """
        local, links = self._sphere_table, self._sphere_link
        half = 0.5 * (self.widest if opening is None else opening)
        local = local + self._finger_way * half
        if held is not None:
            in_flange = held.copy()
            in_flange[:, :3] = held[:, :3] @ self._T_flange_tool[:3, :3].T
            in_flange[:, :3] += self._T_flange_tool[:3, 3]
            local = np.concatenate([local, in_flange])
            links = np.concatenate([links, np.full(len(held), len(self._placements))])
        frames = self._link_frames(np.asarray(joints, dtype=np.float64))[:, links]
        out = np.empty((len(joints), len(local), 4))
        out[..., :3] = np.einsum("knij,nj->kni", frames[..., :3], local[:, :3]) + frames[..., 3]
        out[..., 3] = local[:, 3]
        return out

    def solve(
        self, T_world_tool: Float64Array, near: Float64Array, *, restarts: int = 6
    ) -> Float64Array | None:
        """Returns joints that bring the tool to a pose, or None where none were found.

        Damped least squares (Nakamura and Hanafusa 1986) with the posture drawn towards `home` in
        the null space (Liegeois 1977), so that lines of poses do not wind the elbow up; where that
        ends at a limit it starts again from postures spread over the arm's range.

        Args:
            T_world_tool: (4, 4) wish.
            near: (J,) where to start, rad.
            restarts: How many other starts to try.

        Returns:
            (J,) rad, within the limits.
        """
        goal = self._pin.SE3(np.linalg.inv(self._T_world_base) @ T_world_tool)
        bearing = np.arctan2(goal.translation[1], goal.translation[0])
        for start in (np.asarray(near, dtype=np.float64), *self._starts(bearing, restarts)):
            joints = self._descend(goal, start.copy())
            if joints is not None:
                return joints
        return None

    def _descend(self, goal: Any, joints: Float64Array, steps: int = 60) -> Float64Array | None:
        pin, model, data, tool = self._pin, self._model, self._data, self._tool
        for step in range(steps):
            pin.computeJointJacobians(model, data, joints)
            pose = pin.updateFramePlacement(model, data, tool)
            jacobian = pin.getFrameJacobian(model, data, tool, pin.LOCAL)
            error = pin.log6(pose.actInv(goal)).vector
            size = np.abs(error).max()
            if size < CLOSE_ENOUGH and step > 0:
                return joints
            damping = 1e-6 + 0.01 * min(1.0, float(error @ error))
            gram = jacobian @ jacobian.T
            gram[np.diag_indices(6)] += damping
            pull = 0.15 * (self.home - joints) if size > 20 * CLOSE_ENOUGH else 0.0 * joints
            move = pull + jacobian.T @ np.linalg.solve(gram, error - jacobian @ pull)
            longest = np.abs(move).max()
            if longest > 0.4:
                move *= 0.4 / longest
            joints = np.clip(joints + move, self.lower + 0.01, self.upper - 0.01)
        return None

    def _starts(self, bearing: float, count: int) -> list[Float64Array]:
        starts = self._seeds[:count].copy()
        starts[:, 0] = np.clip(starts[:, 0] * 0.3 + bearing, self.lower[0], self.upper[0])
        return list(starts)

    def _spread(self, count: int) -> Float64Array:
        """Postures around home and then ever farther away, always the same ones."""
        rng = np.random.default_rng(0)
        reach = np.linspace(0.0, 0.8, count)[:, None] * 0.5 * (self.upper - self.lower)
        spread = self.home + reach * rng.uniform(-1.0, 1.0, (count, len(self.home)))
        return np.asarray(np.clip(spread, self.lower, self.upper))

    def _read_chain(self) -> None:
        """Takes the chain out of pinocchio, to pose many postures at once with numpy."""
        joints = self._model.joints[1:]
        if any(joint.shortname() != "JointModelRZ" for joint in joints):
            raise ConfigError("every joint of the arm must turn about the z axis of its frame")
        self._placements = np.array([p.homogeneous for p in self._model.jointPlacements[1:]])
        self._T_flange_tool = np.array(self._model.frames[self._tool].placement.homogeneous)

    def _link_frames(self, joints: Float64Array) -> Float64Array:
        """Returns the (K, 1 + J, 3, 4) poses of the base and of each joint's frame."""
        count, chain = joints.shape
        frames = np.empty((count, chain + 1, 4, 4))
        frames[:, 0] = self._T_world_base
        cosine, sine = np.cos(joints), np.sin(joints)
        for index in range(chain):
            frame = frames[:, index] @ self._placements[index]
            c, s = cosine[:, index, None], sine[:, index, None]
            x, y = frame[:, :, 0].copy(), frame[:, :, 1].copy()
            frame[:, :, 0], frame[:, :, 1] = c * x + s * y, c * y - s * x
            frames[:, index + 1] = frame
        return frames[:, :, :3]

    def _cover_links(self, description: ArmDescription, whole: Any) -> None:
        """Covers the collision meshes; the fingers get the way in which they open."""
        pin = self._pin
        folder = str(description.urdf.parent)
        geometry = pin.buildGeomFromUrdf(
            whole, str(description.urdf), pin.GeometryType.COLLISION, package_dirs=[folder]
        )
        data = whole.createData()
        closed = pin.neutral(whole)
        table, links, ways = [], [], []
        for shape in geometry.geometryObjects:
            name = whole.names[shape.parentJoint]
            finger = name not in (*description.joints, "universe")
            joint = whole.parents[shape.parentJoint] if finger else shape.parentJoint
            pin.forwardKinematics(whole, data, closed)
            T_link_shape = data.oMi[joint].actInv(data.oMi[shape.parentJoint] * shape.placement)
            mesh = shape.geometry
            corners = np.array(mesh.vertices()) * shape.meshScale
            spheres = cover(corners, ConvexHull(corners).simplices)
            turn = np.array(T_link_shape.rotation)
            spheres[:, :3] = spheres[:, :3] @ turn.T + T_link_shape.translation
            table.append(spheres)
            links += [joint] * len(spheres)
            ways.append(np.zeros((len(spheres), 4)))
            if finger:
                open_ = closed.copy()
                open_[whole.joints[shape.parentJoint].idx_q] = 1.0
                before = data.oMi[shape.parentJoint].translation.copy()
                pin.forwardKinematics(whole, data, open_)
                along = data.oMi[shape.parentJoint].translation - before
                ways[-1][:, :3] = data.oMi[joint].rotation.T @ along
        self._sphere_table = np.concatenate(table)
        self._sphere_link = np.array(links)
        self._finger_way = np.concatenate(ways)
        self.base_spheres = int((self._sphere_link == 0).sum())
        """How many of the spheres belong to the base."""


def _pinocchio() -> ModuleType:
    try:
        import pinocchio
    except ModuleNotFoundError as missing:
        raise MissingExtraError("moving an arm", "tabletop") from missing
    module: ModuleType = pinocchio
    return module
