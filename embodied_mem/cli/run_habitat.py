"""The body of `embodied-mem run --task habitat...`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embodied_mem.robots.body import Body


def make_habitat_body(
    *,
    scene: str,
    scene_dataset: Path | None,
    python: str,
    width: int,
    seed: int,
    house: dict[str, Any],
    semantic: bool,
) -> "Body":
    """Returns a body in Habitat-Sim; it starts with `connect`.

    Args:
        scene: A scene file or the name of a scene of the dataset; a generated house when empty.
        scene_dataset: The dataset's `.json`.
        python: The interpreter that has `habitat_sim`; that of the environment variable when empty.
        width: Of the picture, pixels.
        seed: Of the generated house, or of where the body starts.
        house: Fields of `HouseConfig` for a generated house.
        semantic: Whether a scene has annotations to give instance ids by.

    Raises:
        ConfigError: If there is no interpreter, or a field is out of its range.
    """
    from embodied_mem_envs.habitat import HabitatBody, HabitatConfig
    from embodied_mem_envs.house import CameraConfig, HouseConfig, generate_house
    from embodied_mem_envs.simulators import BodySetup, make_body

    camera = CameraConfig(width=width, height=width * 3 // 4)
    if scene:
        config = HabitatConfig(
            scene=scene,
            scene_dataset=scene_dataset,
            python=python or None,
            camera=camera,
            semantic=semantic,
            seed=seed,
        )
        return HabitatBody(config)
    options = {"habitat_python": python} if python else {}
    setup = BodySetup(camera=camera, seed=seed, options=options)
    return make_body("habitat", generate_house(seed, HouseConfig(**house)), setup)
