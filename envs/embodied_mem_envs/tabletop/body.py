"""The tabletop as a body: a Panda with a hand and two RGB-D cameras over a table."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Self, final

import numpy as np

from embodied_mem.errors import BodyError, ConfigError, unknown_name
from embodied_mem.robots.arm import ArmDescription, ArmState, WorkCell
from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Float64Array, Observation, UInt8Array
from embodied_mem_envs.house.noise import SensorNoise, noisy_depth
from embodied_mem_envs.tabletop.camera import FRONT, WRIST, TabletopCamera
from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.cell import DRAWERS, TRAVEL, default_cell
from embodied_mem_envs.tabletop.faults import ActiveFault, FaultSpec, start_fault
from embodied_mem_envs.tabletop.faults.obstacle import OBSTACLE
from embodied_mem_envs.tabletop.faults.stage import Order, Stage
from embodied_mem_envs.tabletop.layout import OBSTACLE_AT, Placed, Position, named
from embodied_mem_envs.tabletop.panda import (
    HOME,
    REACH,
    WIDEST,
    limited,
    panda_actions,
    panda_description,
)
from embodied_mem_envs.tabletop.physics import FINGER_FORCE, HAND, SECONDS, World
from embodied_mem_envs.tabletop.poses import Pose, matrix, upright
from embodied_mem_envs.tabletop.render import Piece, Renderer, shrunk
from embodied_mem_envs.tabletop.seal import sealed_simulator
from embodied_mem_envs.tabletop.shapes import LINKS, cell_look, drawer_look, link_look, thing_look
from embodied_mem_envs.tabletop.snapshot import Snapshot
from embodied_mem_envs.tabletop.touch import Touch
from embodied_mem_envs.tabletop.truth import Truth, read_truth


@final
class TabletopBody:
    """A Panda over a table; implements `embodied_mem.robots.arm.Arm`."""

    def __init__(
        self,
        layout: Sequence[Placed] = (),
        *,
        cell: WorkCell | None = None,
        seed: int = 0,
        noise: SensorNoise | None = None,
        faults: Sequence[FaultSpec] = (),
        agent: str = "agent",
    ) -> None:
        """Builds the world; `connect` opens it for use.

        Args:
            layout: What stands where.
            cell: The work cell, as the brain is told it; `default_cell()` when None.
            seed: Seed of all noise.
            noise: Errors of depth; exact when None.
            faults: What is to go wrong.
            agent: Name in the observations.

        Raises:
            ConfigError: If a kind or colour is unknown or two things share a name.
            MissingExtraError: If PyBullet is not installed.
        """
        self.cell: WorkCell = cell if cell is not None else default_cell()
        self._things: dict[str, Placed] = named(layout)
        self.tick = 0
        self.agent = agent
        self._noise = noise
        self._rng = np.random.default_rng([seed, 53])
        self._connected = False
        self._seals = 0
        self._world = World(HOME)
        self._touch = Touch(self._world)
        self._renderer = Renderer(cell_look())
        self._targets = np.array(HOME)
        self._width = WIDEST
        self._state: ArmState | None = None
        for name, placed in self._things.items():
            self._world.add(name, kind(placed.kind), self._pose_of(placed))
        self._faults: list[ActiveFault] = []
        self._fault_rng = np.random.default_rng([seed, 59])
        for spec in faults:
            self.inject(spec)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def description(self) -> ArmDescription:
        """The arm's kinematics; readable while disconnected."""
        return panda_description()

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names that `observe` takes; the first is the main camera."""
        return (FRONT.name, WRIST.name)

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives; readable while disconnected."""
        shape = (FRONT.height, FRONT.width)
        return {
            "rgb": Feature(shape=(*shape, 3), dtype="uint8", low=0, high=255),
            "depth": Feature(shape=shape, dtype="float32", unit="m", low=0.0),
            "T_world_camera": Feature(shape=(4, 4), dtype="float64"),
            "T_world_body": Feature(shape=(4, 4), dtype="float64"),
            "joints": Feature(shape=(7,), dtype="float64", unit="rad"),
            "opening": Feature(shape=(), dtype="float64", unit="m", low=0.0, high=WIDEST),
        }

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits; readable while disconnected."""
        return panda_actions()

    @property
    def radius(self) -> float:
        """How far the arm reaches, m."""
        return REACH

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""
        return SECONDS

    # -- what it does --------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> None:
        """Makes the body ready; called once before the first `observe`."""
        self._require_open()
        self._connected = True

    def close(self) -> None:
        """Ends the simulation; safe to call twice."""
        self._connected = False
        self._world.close()

    def sense(self) -> ArmState:
        """Returns the newest joint readings.

        Raises:
            BodyError: If the body is not connected.
        """
        self._require_connected()
        if self._state is None:
            states = self._world.joint_states()
            feeling = self._touch.now
            self._state = ArmState(
                tick=self.tick,
                joints=np.array([state[0] for state in states[:7]]),
                velocities=np.array([state[1] for state in states[:7]]),
                efforts=np.array([state[3] for state in states[:7]]),
                opening=float(states[7][0] + states[8][0]),
                grip=feeling.grip,
                contact=feeling.contact,
            )
        return self._state

    def act(self, command: Command) -> Command:
        """Carries out one tick and returns the command after limits.

        Raises:
            BodyError: If the body is not connected, or the command is not finite or has not seven
                joints.
        """
        self._require_connected()
        if command.joints is not None:
            self._targets = limited(command.joints)
        if command.gripper is not None:
            if not np.isfinite(command.gripper):
                raise BodyError(f"gripper is {command.gripper}; expected metres")
            self._width = float(np.clip(command.gripper, 0.0, WIDEST))
        self._advance()
        return Command(joints=tuple(self._targets.tolist()), gripper=self._width)

    def observe(self, camera: str = "front") -> Observation:
        """Returns the newest observation of a camera.

        Raises:
            BodyError: If the body is not connected.
            ConfigError: If there is no camera of that name.
        """
        self._require_connected()
        eye = self._camera(camera)
        links = self._link_poses()
        T_world_camera = links[HAND] @ eye.mount if eye.on_hand else eye.mount
        rgb, depth = self._renderer.render(
            T_world_camera, eye.intrinsics, self._pieces(links), keep=not eye.on_hand
        )
        if self._noise is not None:
            depth = noisy_depth(depth, eye.intrinsics.fx, self._noise, self._rng)
        for fault in self._faults:
            rgb, depth = fault.see(self.tick, rgb, depth)
        state = self.sense()
        return Observation(
            rgb=rgb,
            depth=depth,
            intrinsics=eye.intrinsics,
            T_world_camera=T_world_camera,
            T_world_body=np.eye(4),
            tick=self.tick,
            seconds_per_tick=SECONDS,
            proprioception={"opening": state.opening, "grip": state.grip},
            agent=self.agent,
            camera=camera,
        )

    def render(
        self, camera: TabletopCamera = FRONT, *, samples: int = 1, shadows: bool = False
    ) -> UInt8Array:
        """Returns an (H, W, 3) picture from anywhere, for people to look at.

        Args:
            camera: From where, and how large.
            samples: Rays along each side of a pixel; 2 or 3 make edges smooth.
            shadows: Whether the sun casts shadows, which the cameras of the body do not see.
        """
        self._require_open()
        links = self._link_poses()
        T_world_camera = links[HAND] @ camera.mount if camera.on_hand else camera.mount
        finer = replace(camera, width=samples * camera.width, height=samples * camera.height)
        rgb, _ = self._renderer.render(
            T_world_camera, finer.intrinsics, self._pieces(links), shadows=shadows
        )
        return shrunk(rgb, samples)

    # -- changing the world --------------------------------------------------------------------

    def place_object(self, name: str, position: Position, yaw: float = 0.0) -> None:
        """Moves a thing at once: middle of its footprint and height of its underside, m.

        Raises:
            ConfigError: If nothing is called so.
        """
        thing = self._thing(name)
        lifted = position[2] + 0.5 * kind(thing.kind).size[2]
        at = (position[0], position[1], lifted)
        self._world.put(name, (at, upright(yaw)))

    def set_drawer(self, name: str, share: float) -> None:
        """Moves a drawer at once: 0 is closed, 1 open.

        Raises:
            ConfigError: If there is no such drawer or the share is outside 0..1.
        """
        if name not in DRAWERS:
            raise unknown_name("drawer", name, DRAWERS)
        if not 0.0 <= share <= 1.0:
            raise ConfigError(f"drawer share is {share}; expected 0 (closed) to 1 (open)")
        self._world.set_drawer(name, share * TRAVEL)

    def settle(self, seconds: float = 0.5) -> None:
        """Lets the world come to rest while the arm holds still; the clock runs on."""
        self._require_open()
        for _ in range(round(seconds / SECONDS)):
            self._advance()

    def inject(self, spec: FaultSpec) -> None:
        """Lets a fault wait for its trigger; one of the model is not the body's and is left out."""
        self._require_open()
        fault = start_fault(spec, self._fault_rng.spawn(1)[0])
        if fault is None:
            return
        if spec.name == "blocked_path" and OBSTACLE not in self._things:
            self._things[OBSTACLE] = Placed(
                kind=OBSTACLE, colour="brown", position=OBSTACLE_AT, name=OBSTACLE
            )
            self._world.add(OBSTACLE, kind(OBSTACLE), (OBSTACLE_AT, upright(0.0)))
        self._faults.append(fault)

    @property
    def faults(self) -> tuple[ActiveFault, ...]:
        """All faults so far, each with `spec`, `fired_at`, `ended_at` and `victim`."""
        return tuple(self._faults)

    # -- ground truth and time -----------------------------------------------------------------

    @property
    def things(self) -> Mapping[str, Placed]:
        """What there is, by name, and where it stood in the beginning.

        Raises:
            BodyError: While the body is sealed.
        """
        self._require_unsealed()
        return MappingProxyType(self._things)

    def truth(self) -> Truth:
        """Returns how everything really is, for judging.

        Raises:
            BodyError: While the body is sealed, or once it is closed.
        """
        self._require_open()
        self._require_unsealed()
        return read_truth(self._world, self._things, self._touch.now.held, self.tick)

    @contextmanager
    def sealed(self) -> Iterator[None]:
        """Keeps the truth from everyone: `truth()` and PyBullet's own queries raise inside."""
        self._seals += 1
        try:
            with sealed_simulator():
                yield
        finally:
            self._seals -= 1

    def save(self) -> Snapshot:
        """Returns the state of world, sensors, faults and noise, to go back to."""
        self._require_open()
        return Snapshot(
            physics=self._world.save(),
            owner=self._world.client,
            tick=self.tick,
            targets=self._targets.copy(),
            width=self._width,
            feeling=self._touch.now,
            chance=self._rng.bit_generator.state,
            faults=copy.deepcopy(self._faults),
            rubber=self._world.rubber,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Goes back to a saved state; what follows is the same, bit for bit, as it was then.

        Raises:
            BodyError: If the state was saved by another body.
        """
        self._require_open()
        if snapshot.owner != self._world.client:
            raise BodyError("the snapshot belongs to another body; save and restore the same one")
        self._world.restore(snapshot.physics)
        self.tick = snapshot.tick
        self._targets = snapshot.targets.copy()
        self._width = snapshot.width
        self._touch.now = snapshot.feeling
        self._rng.bit_generator.state = snapshot.chance
        self._faults = copy.deepcopy(snapshot.faults)
        self._world.set_rubber(*snapshot.rubber)
        self._state = None

    # -- inside --------------------------------------------------------------------------------

    def _advance(self) -> None:
        order = Order(self._targets, self._width, FINGER_FORCE)
        waiting = [fault for fault in self._faults if fault.ended_at is None]
        if waiting:
            opening = self._world.opening()
            stage = Stage(self._world, self._things, self.tick, opening, self._touch.now.held)
            for fault in waiting:
                fault.act(stage, order)
        self._world.step(order.joints, order.width, order.force)
        self._touch.update()
        self._state = None
        self.tick += 1

    def _pose_of(self, placed: Placed) -> Pose:
        x, y, z = placed.position
        lifted = z + 0.5 * kind(placed.kind).size[2]
        return ((x, y, lifted), upright(placed.yaw))

    def _thing(self, name: str) -> Placed:
        if name not in self._things:
            raise unknown_name("thing", name, self._things)
        return self._things[name]

    def _camera(self, name: str) -> TabletopCamera:
        for camera in (FRONT, WRIST):
            if camera.name == name:
                return camera
        raise unknown_name("camera", name, self.cameras)

    def _link_poses(self) -> dict[int, Float64Array]:
        poses = self._world.link_poses(tuple(LINKS))
        return {link: matrix(pose) for link, pose in zip(LINKS, poses, strict=True)}

    def _pieces(self, links: Mapping[int, Float64Array]) -> list[Piece]:
        pieces: list[Piece] = [(link_look(link), pose) for link, pose in links.items()]
        for name, placed in self._things.items():
            look = thing_look(placed.kind, placed.colour)
            pieces.append((look, matrix(self._world.pose(name))))
        for name, side in DRAWERS.items():
            slid = np.eye(4)
            slid[0, 3] = -self._world.drawer(name)
            pieces.append((drawer_look(side), slid))
        return pieces

    def _require_open(self) -> None:
        if self._world.client < 0:
            raise BodyError("the body was closed; make a new one")

    def _require_unsealed(self) -> None:
        if self._seals:
            raise BodyError(
                "the body is sealed while an agent is evaluated; ask for the truth outside"
            )

    def _require_connected(self) -> None:
        if not self._connected:
            raise BodyError("the body is not connected; call connect() first")
