"""The far end of a house in a worker: an adapter that runs in our own interpreter."""

from collections.abc import Mapping
from typing import Any, final

import msgspec

from embodied_mem.types import AnyArray, Command, IntArray
from embodied_mem_envs.house.body import CameraConfig, HouseBody
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.noise import PoseDrift, SensorNoise
from embodied_mem_envs.house.objects import HouseObject

_Pose = tuple[float, float, float]


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a house now, for whoever follows its changes elsewhere."""

    objects: tuple[HouseObject, ...]
    instances: tuple[int, ...]
    """Instance id of each object."""
    tick: int


class BodyState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a body is, exactly."""

    pose: _Pose
    """x, y, yaw."""
    floor: int
    height: float
    """World z of what it stands on, metres."""
    tilt: float
    """Of the camera, from its rest, rad."""
    collided: bool
    tick: int
    believed: _Pose | None
    """What odometry says, where it drifts."""


class HouseOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the near end chooses."""

    house_seed: int
    house: HouseConfig
    contents: Contents
    camera: CameraConfig
    noise: SensorNoise | None
    seed: int
    seconds_per_tick: float
    start: _Pose | None


def make(options: Mapping[str, Any]) -> "HouseSimulator":
    """Makes the simulator, as `embodied_mem_envs.worker` wants it."""
    return HouseSimulator(msgspec.convert(options, HouseOptions))


@final
class FollowingHouse(House):
    """A generated house that takes over the changes of the same house in another process."""

    def __init__(self, house: House) -> None:
        vars(self).update(vars(house))

    def follow(self, contents: Contents) -> None:
        """Becomes as the other house is."""
        self._objects = {thing.id: thing for thing in contents.objects}
        self._instance = dict(zip(self._objects, contents.instances, strict=True))
        self.tick = contents.tick
        self.revision += 1


@final
class RestorableBody(HouseBody):
    """A body that can be put into the exact state of another one."""

    @property
    def state(self) -> BodyState:
        """All but the sources of chance."""
        return BodyState(
            pose=self._pose,
            floor=self._floor,
            height=self.true_height,
            tilt=self._tilt,
            collided=self._collided,
            tick=self.tick,
            believed=self._drift.pose if self._drift is not None else None,
        )

    def restore(self, state: BodyState) -> None:
        """Becomes as the other body was."""
        self._pose, self._floor, self._tilt = state.pose, state.floor, state.tilt
        self._collided, self.tick = state.collided, state.tick
        if self._noise is not None and state.believed is not None:
            self._drift = PoseDrift(self._noise, self._drift_rng, state.believed)


@final
class HouseSimulator:
    """A body in a house that writes what it sees into shared memory."""

    def __init__(self, options: HouseOptions) -> None:
        self._house = FollowingHouse(generate_house(options.house_seed, options.house))
        self._house.follow(options.contents)
        self._camera = options.camera
        self._steady = options.noise is None
        self._body = RestorableBody(
            self._house,
            options.camera,
            noise=options.noise,
            seed=options.seed,
            seconds_per_tick=options.seconds_per_tick,
            start=options.start,
        )
        self._body.connect()

    def describe(self) -> dict[str, Any]:
        """Returns what there is and where the body stands."""
        # With noise every frame draws from the source of chance.
        told = {"name": "house", "version": "1", "steady": self._steady}
        return {**told, **self._labels(), **self._state()}

    def planes(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Returns the images of a frame."""
        shape = (self._camera.height, self._camera.width)
        return {
            "rgb": ((*shape, 3), "uint8"),
            "depth": (shape, "float32"),
            "instance": (shape, "int32"),
        }

    def act(self, command: Mapping[str, float]) -> dict[str, Any]:
        """Carries out one tick."""
        sent = self._body.act(
            Command(forward=command["forward"], turn=command["turn"], tilt=command["tilt"])
        )
        limited = {"forward": sent.forward, "turn": sent.turn, "tilt": sent.tilt}
        return {"sent": limited, **self._state()}

    def observe(self, planes: Mapping[str, AnyArray]) -> dict[str, Any]:
        """Renders into the planes."""
        seen = self._body.observe()
        instance: IntArray | None = seen.instance
        assert instance is not None
        planes["rgb"][...] = seen.rgb
        planes["depth"][...] = seen.depth
        planes["instance"][...] = instance
        return {
            "T_world_body": seen.T_world_body.ravel().tolist(),
            "T_world_camera": seen.T_world_camera.ravel().tolist(),
            "tick": seen.tick,
            "proprioception": dict(seen.proprioception),
            "seen": list(seen.labels),
        }

    def restore(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Puts the body to where another one was."""
        self._body.restore(msgspec.convert(state, BodyState))
        return self._state()

    def ask(self, question: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """`place` sets the body down elsewhere; `follow` takes over changes of the house."""
        if question == "place":
            self._body.place(**arguments)
        elif question == "follow":
            self._house.follow(msgspec.convert(arguments, Contents))
        else:
            raise LookupError(f"the house knows no {question!r}")
        return {**self._labels(), **self._state()}

    def close(self) -> None:
        """Leaves the house."""
        self._body.close()

    def _state(self) -> dict[str, Any]:
        return {"state": msgspec.to_builtins(self._body.state)}

    def _labels(self) -> dict[str, Any]:
        return {"labels": {str(n): name for n, name in self._house.labels().items()}}
