"""What may be chosen about a body in Habitat."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embodied_mem.errors import ConfigError
from embodied_mem_envs.house.body import RADIUS, CameraConfig

PYTHON_VARIABLE = "EMBODIED_MEM_HABITAT_PYTHON"
"""Environment variable with the interpreter that has `habitat_sim`."""
_QUIET: Mapping[str, str] = {
    "HABITAT_SIM_LOG": "quiet",
    "MAGNUM_LOG": "quiet",
    "GLOG_minloglevel": "2",
}
_STRUCTURE = ("structure", "wall", "floor", "ceiling", "stairs", "unknown", "void", "misc")


@dataclass(frozen=True, kw_only=True, slots=True)
class HabitatConfig:
    """A scene, a body in it, and the interpreter that has `habitat_sim`."""

    scene: str
    """A scene file (.glb, .gltf, .ply, .obj), or the name of a scene in `scene_dataset`."""
    scene_dataset: Path | None = None
    """The `.scene_dataset_config.json` of HM3D, HSSD, Replica, MP3D or an exported house."""
    python: str | None = None
    """The interpreter; that of EMBODIED_MEM_HABITAT_PYTHON when None."""
    camera: CameraConfig = field(default_factory=CameraConfig)
    """The camera."""
    semantic: bool = True
    """Whether to give instance ids; False for scenes without annotations."""
    radius: float = RADIUS
    """Of the body, metres."""
    height: float = 1.4
    """Of the body, metres: it does not fit under what is lower."""
    max_climb: float = 0.2
    """The highest step that it takes, metres."""
    cell_height: float = 0.05
    """Of the navmesh, metres: how exactly it knows heights."""
    sliding: bool = True
    """Whether the body slides along what it touches."""
    gpu_device: int = -1
    """CUDA device that renders; -1 for any EGL device, also without a GPU."""
    lit: bool = False
    """Whether Habitat lights the scene; unlit is what scans and our houses are made for."""
    seconds_per_tick: float = 1.0
    """How long one `act` lasts."""
    start: tuple[float, float, float] | None = None
    """x, y, yaw in our world (Habitat's x, -z); on the largest floor, drawn by `seed`, when None.
    """
    floors: tuple[float, ...] = ()
    """Known heights of level floors, metres; elsewhere the navmesh tells the height."""
    structure: tuple[str, ...] = _STRUCTURE
    """Categories that count as structure: their instance id is 0."""
    instances: tuple[tuple[int, str], ...] | None = None
    """Our instance id and category for the semantic ids 1, 2, ...; those of the scene when None."""
    seed: int = 0
    """Of where the body starts."""
    agent: str = "agent"
    """Name in the observations."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables for the worker; Habitat's logs are quiet where neither this nor the environment
    says otherwise."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If a size or a time is not positive.
        """
        for name in ("radius", "height", "cell_height", "seconds_per_tick"):
            if getattr(self, name) <= 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")

    @property
    def interpreter(self) -> str:
        """The interpreter that has `habitat_sim`.

        Raises:
            ConfigError: If none was given.
        """
        found = self.python or os.environ.get(PYTHON_VARIABLE)
        if not found:
            raise ConfigError(
                "Habitat needs an interpreter of its own: give habitat_python= or "
                f"{PYTHON_VARIABLE} (launch/habitat/README.md tells how to make one)"
            )
        return found

    @property
    def variables(self) -> dict[str, str]:
        """What is set in the worker's environment."""
        quiet = {name: value for name, value in _QUIET.items() if name not in os.environ}
        return {**quiet, **self.environment}

    def options(self, limits: Mapping[str, float], tilt_limit: float) -> dict[str, Any]:
        """Returns the options of the adapter, JSON-able."""
        camera = self.camera
        return {
            "scene": self.scene,
            "scene_dataset": str(self.scene_dataset) if self.scene_dataset else "",
            "camera": {
                "width": camera.width,
                "height": camera.height,
                "hfov": camera.hfov,
                "mount_height": camera.mount_height,
                "forward": camera.forward,
                "yaw": camera.yaw,
                "tilt": camera.tilt,
            },
            "semantic": self.semantic,
            "radius": self.radius,
            "height": self.height,
            "max_climb": self.max_climb,
            "cell_height": self.cell_height,
            "sliding": self.sliding,
            "gpu_device": self.gpu_device,
            "lit": self.lit,
            "seconds_per_tick": self.seconds_per_tick,
            "start": self.start,
            "floors": self.floors,
            "structure": self.structure,
            "ids": self.instances,
            "seed": self.seed,
            "limits": dict(limits),
            "tilt_limit": tilt_limit,
        }
