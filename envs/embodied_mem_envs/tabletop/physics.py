"""The physical world of one episode: an own PyBullet server with arm, cell and things."""

from typing import Any

from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.catalogue import Kind
from embodied_mem_envs.tabletop.cell import (
    DRAWER_HIGH,
    DRAWER_LOW,
    DRAWERS,
    TRAVEL,
    drawer_parts,
    standing_parts,
)
from embodied_mem_envs.tabletop.poses import Pose
from embodied_mem_envs.tabletop.seal import bullet
from embodied_mem_envs.tabletop.urdf import arm_urdf, drawer_urdf, workshop

SECONDS = 0.005
HAND, LEFT, RIGHT, TOOL = 8, 9, 10, 11
ARM_JOINTS = tuple(range(7))
EFFORTS = (87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0)
"""Largest torques of the joints as the URDF says, Nm."""
FINGER_FORCE = 40.0
DRAWER_FRICTION = 4.0
DRAWER_MASS = 0.5
_LINER = 1.2
"""Friction of the drawers, which are lined so that things do not slide about in them."""
_TRACKING, _BRAKING = [0.8] * 7, [1.0] * 7
"""With these the joints are 1.6 mrad from where they are told to be at 1.25 rad/s."""
_RUBBER, _RUBBER_SPIN = 1.4, 0.01


class World:
    """Arm, cell and things; nothing in here is for the agent."""

    def __init__(self, home: tuple[float, ...]) -> None:
        self._pb = bullet()
        self.client: int = self._pb.connect(self._pb.DIRECT)
        self._id = {"physicsClientId": self.client}
        self._pb.setGravity(0.0, 0.0, -9.81, **self._id)
        self._pb.setPhysicsEngineParameter(
            fixedTimeStep=SECONDS,
            numSolverIterations=60,
            numSubSteps=0,
            deterministicOverlappingPairs=1,
            enableConeFriction=0,
            **self._id,
        )
        self.things: dict[str, int] = {}
        self.loose: set[int] = set()
        self.drawers: dict[str, int] = {}
        self._add_cell()
        self.arm = self._add_arm(home)
        self.set_rubber()

    # -- building ------------------------------------------------------------------------------

    def _add_cell(self) -> None:
        path = workshop().thing("cell", standing_parts(), 0.0)
        self.cell: int = self._load(path, fixed=True)
        self._dynamics(self.cell, -1, lateralFriction=0.6)
        for name, side in DRAWERS.items():
            path = drawer_urdf(name, drawer_parts(side), DRAWER_MASS, TRAVEL)
            body = self._load(path, fixed=True)
            self._dynamics(body, 0, lateralFriction=_LINER, jointDamping=0.0, linearDamping=0.0)
            self.drawers[name] = body
            self._hold_drawer(body)

    def _add_arm(self, home: tuple[float, ...]) -> int:
        arm = self._load(arm_urdf(), fixed=True)
        for joint, angle in enumerate(home):
            self._pb.resetJointState(arm, joint, angle, **self._id)
        for finger in (LEFT, RIGHT):
            self._pb.resetJointState(arm, finger, 0.04, **self._id)
            self._dynamics(arm, finger, frictionAnchor=1)
        for joint in (*ARM_JOINTS, LEFT, RIGHT):
            self._dynamics(arm, joint, jointDamping=0.0, linearDamping=0.0, angularDamping=0.0)
        gear = self._pb.createConstraint(
            arm, LEFT, arm, RIGHT, self._pb.JOINT_GEAR, [1, 0, 0], [0, 0, 0], [0, 0, 0], **self._id
        )
        self._pb.changeConstraint(gear, gearRatio=-1, erp=0.2, maxForce=200, **self._id)
        return arm

    def add(self, name: str, kind: Kind, pose: Pose) -> None:
        """Puts a thing of the catalogue into the world."""
        path = workshop().thing(kind.name, kind.parts, kind.mass)
        body = self._load(path, fixed=False)
        self._dynamics(
            body,
            -1,
            lateralFriction=kind.friction,
            spinningFriction=0.001,
            rollingFriction=kind.rolling,
            linearDamping=0.02,
            angularDamping=0.05,
        )
        self.things[name] = body
        self.loose.add(body)
        self.put(name, pose)

    def _load(self, path: str, fixed: bool) -> int:
        body: int = self._pb.loadURDF(path, useFixedBase=fixed, **self._id)
        return body

    def _dynamics(self, body: int, link: int, **values: float) -> None:
        self._pb.changeDynamics(body, link, **values, **self._id)

    def set_rubber(self, friction: float = _RUBBER, spinning: float = _RUBBER_SPIN) -> None:
        """Sets the friction of both fingers."""
        self.rubber = (friction, spinning)
        for finger in (LEFT, RIGHT):
            self._dynamics(self.arm, finger, lateralFriction=friction, spinningFriction=spinning)

    def _hold_drawer(self, body: int) -> None:
        # A motor that wants to stand still and gives way above its force is dry friction.
        self._pb.setJointMotorControl2(
            body, 0, self._pb.VELOCITY_CONTROL, targetVelocity=0.0, force=DRAWER_FRICTION,
            **self._id,
        )  # fmt: skip

    # -- running -------------------------------------------------------------------------------

    def step(self, joints: Float64Array, width: float, finger_force: float = FINGER_FORCE) -> None:
        """Advances by one tick with position targets for the joints (rad) and fingers (m)."""
        self._pb.setJointMotorControlArray(
            self.arm,
            ARM_JOINTS,
            self._pb.POSITION_CONTROL,
            targetPositions=joints.tolist(),
            positionGains=_TRACKING,
            velocityGains=_BRAKING,
            forces=EFFORTS,
            **self._id,
        )
        for finger in (LEFT, RIGHT):
            self._pb.setJointMotorControl2(
                self.arm, finger, self._pb.POSITION_CONTROL, targetPosition=0.5 * width,
                positionGain=0.3, velocityGain=1.0, force=finger_force, maxVelocity=0.1, **self._id,
            )  # fmt: skip
        self._pb.stepSimulation(**self._id)

    # -- reading -------------------------------------------------------------------------------

    def joint_states(self) -> list[tuple[float, float, tuple[float, ...], float]]:
        """Returns position, velocity, reaction and motor torque of the seven joints and fingers."""
        states: list[Any] = self._pb.getJointStates(
            self.arm, (*ARM_JOINTS, LEFT, RIGHT), **self._id
        )
        return states

    def link_poses(self, links: tuple[int, ...]) -> list[Pose]:
        """Returns the frames of links of the arm."""
        states = self._pb.getLinkStates(self.arm, links, computeForwardKinematics=True, **self._id)
        return [(state[4], state[5]) for state in states]

    def tool(self) -> Pose:
        """Returns the frame between the finger tips."""
        return self.link_poses((TOOL,))[0]

    def deepest(self, body: int) -> float:
        """Returns the least distance of a body from all others now, negative where inside, m."""
        self._pb.performCollisionDetection(**self._id)
        return min((point[8] for point in self.contacts(body)), default=0.0)

    def contacts(self, body: int) -> list[Any]:
        """Returns PyBullet's contact points of a body."""
        points: list[Any] = self._pb.getContactPoints(bodyA=body, **self._id)
        return points

    def pose(self, name: str) -> Pose:
        """Returns where the middle of a thing's box is."""
        pose: Pose = self._pb.getBasePositionAndOrientation(self.things[name], **self._id)
        return pose

    def opening(self) -> float:
        """Returns the distance of the fingers, m."""
        states = self._pb.getJointStates(self.arm, (LEFT, RIGHT), **self._id)
        return float(states[0][0] + states[1][0])

    def drawer(self, name: str) -> float:
        """Returns how far a drawer is open, m."""
        opened: float = self._pb.getJointState(self.drawers[name], 0, **self._id)[0]
        return opened

    def inside(self, drawer: str) -> list[str]:
        """Returns the things whose middle is in a drawer."""
        side, opened = DRAWERS[drawer], self.drawer(drawer)
        (x0, y0, z0), (x1, y1, z1) = DRAWER_LOW, DRAWER_HIGH
        found = []
        for name in self.things:
            x, y, z = self.pose(name)[0]
            if x0 < x + opened < x1 and y0 < side * y < y1 and z0 - 0.01 < z < z1 + 0.05:
                found.append(name)
        return found

    def touching(self, body: int) -> frozenset[str]:
        """Returns the names of all that presses on a body."""
        names = self.bodies()
        return frozenset(names[point[2]] for point in self.contacts(body) if point[9] > 0.0)

    def bodies(self) -> dict[int, str]:
        """Returns the name of every body by its number."""
        named = {number: name for name, number in (self.things | self.drawers).items()}
        return {**named, self.cell: "cell", self.arm: "arm"}

    def save(self) -> int:
        """Keeps the state of everything that moves and returns its number."""
        number: int = self._pb.saveState(**self._id)
        return number

    def restore(self, number: int) -> None:
        """Goes back to a kept state."""
        self._pb.restoreState(stateId=number, **self._id)

    # -- changing ------------------------------------------------------------------------------

    def put(self, name: str, pose: Pose) -> None:
        """Moves a thing at once, at rest."""
        body = self.things[name]
        self._pb.resetBasePositionAndOrientation(body, *pose, **self._id)
        self._pb.resetBaseVelocity(body, [0, 0, 0], [0, 0, 0], **self._id)

    def renew_contacts(self, name: str) -> None:
        """Makes a thing's contacts anew: those that last keep the friction that they began with."""
        body, pose = self.things[name], self.pose(name)
        speed = self._pb.getBaseVelocity(body, **self._id)
        self._pb.resetBasePositionAndOrientation(body, (0.0, 0.0, 5.0), pose[1], **self._id)
        self._pb.performCollisionDetection(**self._id)
        self._pb.resetBasePositionAndOrientation(body, *pose, **self._id)
        self._pb.resetBaseVelocity(body, *speed, **self._id)

    def set_drawer(self, name: str, opened: float) -> None:
        """Moves a drawer at once, in metres, and what lies in it with it."""
        shift = self.drawer(name) - opened
        for thing in self.inside(name):
            (x, y, z), turn = self.pose(thing)
            self.put(thing, ((x + shift, y, z), turn))
        self._pb.resetJointState(self.drawers[name], 0, opened, **self._id)

    def close(self) -> None:
        """Ends the server; safe to call twice."""
        if self.client >= 0:
            self._pb.disconnect(**self._id)
            self.client = -1
