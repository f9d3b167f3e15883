"""Writes small recordings of a painted room in the formats that the readers know."""

from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from embodied_mem.types import Float64Array, Intrinsics, Observation
from painted_world import PaintedBox, PaintedWorld

INTRINSICS = Intrinsics(width=160, height=120, fx=140.0, fy=140.0, cx=79.5, cy=59.5)
ROOM = PaintedWorld(
    [
        PaintedBox((3.0, -2.0, 0.0), (3.1, 2.0, 2.5), (170, 170, 165)),
        PaintedBox((-2.0, 2.0, 0.0), (3.1, 2.1, 2.5), (160, 165, 170)),
        PaintedBox((1.5, -0.5, 0.70), (2.3, 0.5, 0.74), (150, 100, 60)),
        PaintedBox((1.8, 0.0, 0.74), (2.0, 0.2, 0.95), (190, 30, 30)),
    ]
)
TILTED_WORLD = np.eye(4)
TILTED_WORLD[:3, :3] = Rotation.from_euler("zyx", [0.4, 0.9, -0.7]).as_matrix()
TILTED_WORLD[:3, 3] = 0.3, -1.1, 2.0


def walk(count: int) -> list[Observation]:
    """Returns views of the room on a short walk, with a tilted camera as one holds it."""
    steps = np.linspace(0.0, 1.0, count)
    return [
        ROOM.observe(
            (0.0 + 0.3 * s, -0.4 + 0.8 * s, 1.4 + 0.1 * s),
            (2.2, -0.5 + 1.5 * s, 0.6),
            tick=index,
            intrinsics=INTRINSICS,
        )
        for index, s in enumerate(steps)
    ]


def write_seven_scenes(
    folder: Path,
    observations: list[Observation],
    T_recording_world: Float64Array = TILTED_WORLD,
    number_step: int = 5,
) -> None:
    """Writes frames as 7-Scenes has them: colour, depth in millimetres, pose; 65535 is invalid."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "camera-intrinsics.txt", observations[0].intrinsics.matrix)
    for index, observation in enumerate(observations):
        stem = folder / f"frame-{index * number_step:06d}"
        depth = np.rint(observation.depth * 1000).astype(np.uint16)
        depth[observation.depth == 0.0] = 65535
        cv2.imwrite(f"{stem}.depth.png", depth)
        cv2.imwrite(f"{stem}.color.png", observation.rgb[..., ::-1])
        pose = T_recording_world @ observation.T_world_camera
        pose[3] = 0.0
        np.savetxt(f"{stem}.pose.txt", pose)


def write_tum(folder: Path, observations: list[Observation], depth_delay: float = 0.004) -> None:
    """Writes a folder as the TUM benchmark has it: index files and pictures named by time."""
    for part in ("rgb", "depth"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    k = observations[0].intrinsics
    (folder / "camera-intrinsics.txt").write_text(f"{k.fx} {k.fy} {k.cx} {k.cy}\n")
    lists: dict[str, list[str]] = {name: ["# a comment"] for name in ("rgb", "depth", "truth")}
    for observation in observations:
        time = 1305031102.175304 + observation.tick / 30.0
        at = {"rgb": time, "depth": time + depth_delay}
        depth = np.rint(observation.depth * 5000).astype(np.uint16)
        cv2.imwrite(str(folder / "depth" / f"{at['depth']:.6f}.png"), depth)
        cv2.imwrite(str(folder / "rgb" / f"{time:.6f}.png"), observation.rgb[..., ::-1])
        for name, moment in at.items():
            lists[name].append(f"{moment:.6f} {name}/{moment:.6f}.png")
        pose = observation.T_world_camera
        values = [*pose[:3, 3], *Rotation.from_matrix(pose[:3, :3]).as_quat()]
        lists["truth"].append(f"{at['depth'] + 0.003:.4f} " + " ".join(f"{v:.8f}" for v in values))
    for name, file in (("rgb", "rgb"), ("depth", "depth"), ("truth", "groundtruth")):
        (folder / f"{file}.txt").write_text("\n".join(lists[name]) + "\n")
