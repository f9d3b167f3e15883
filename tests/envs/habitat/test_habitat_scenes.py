"""Scenes that are none of ours, and everything that usually goes wrong. With the stand-in."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.types import Command
from embodied_mem_envs.habitat import HabitatBody, HabitatConfig, adapter
from embodied_mem_envs.habitat.failures import explain
from embodied_mem_envs.house import CameraConfig, HouseConfig, generate_house
from embodied_mem_envs.house.export import export_house
from embodied_mem_envs.worker_process import WorkerLost
from habitat_rig import stand_in

CAMERA = CameraConfig(width=32, height=24)


def config(scene, **more):
    return HabitatConfig(
        scene=str(scene),
        python=sys.executable,
        camera=CAMERA,
        environment=stand_in(**more.pop("variables", {})),
        **more,
    )


@pytest.fixture(scope="module")
def plain_glb(tmp_path_factory):
    """A floor of 4 x 4 m with a block on it, y up."""
    floor = trimesh.creation.box((4, 0.1, 4))
    block = trimesh.creation.box((1.5, 1.0, 1.5)).apply_translation((0, 0.55, -1.2))
    path = tmp_path_factory.mktemp("plain") / "plain.glb"
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[10, 200, 30, 255])
    for mesh in (floor, block):
        mesh.visual = trimesh.visual.TextureVisuals(material=material)
    trimesh.Scene([floor, block]).export(path)
    return path


def test_any_glb_opens_without_annotations(plain_glb):
    body = HabitatBody(config(plain_glb, semantic=False, start=(0.0, -1.0, np.pi / 2)))
    body.connect()
    seen = body.observe()
    assert seen.instance is None and seen.labels == {}
    # The block's face is at y = 0.45 of our world: 1.45 m ahead, below the camera.
    assert seen.T_world_body[2, 3] == pytest.approx(0.05, abs=0.051)
    assert (seen.rgb[-1] == (10, 200, 30)).all()
    for _ in range(10):
        body.act(Command(forward=0.25))
    assert body.true_pose[1] < 0.45 - body.radius + 0.06
    assert body.observe().proprioception["collided"] == 1.0
    start, goal = (-1.5, -1.0, 0.05), (-1.5, 1.0, 0.05)
    assert body.shortest_path(start, goal).metres == pytest.approx(2.0, abs=0.15)
    x, y, _ = body.random_place()
    assert abs(x) < 2 and abs(y) < 2
    body.close()


def test_it_does_not_slide_where_it_must_not(plain_glb):
    gone = []
    for sliding in (True, False):
        body = HabitatBody(
            config(plain_glb, semantic=False, sliding=sliding, start=(0.0, 0.0, 1.2))
        )
        body.connect()
        for _ in range(8):
            body.act(Command(forward=0.25))
        gone.append(abs(body.true_pose[0]))
        body.close()
    assert gone[0] > gone[1] + 0.2


def test_a_scene_of_a_dataset_has_its_own_ids_and_a_start(tmp_path):
    house = generate_house(11, HouseConfig(rooms=3))
    files = export_house(house, tmp_path, "flat")
    body = HabitatBody(config("flat", scene_dataset=files.scene_dataset, seed=4))
    body.connect()
    assert body.true_height == pytest.approx(0.0, abs=0.01)
    found = {}
    for _ in range(12):
        seen = body.observe()
        found |= seen.labels
        assert set(np.unique(seen.instance)) <= {0, *seen.labels}
        body.act(Command(turn=np.pi / 6))
    categories = {number: thing.category for number, thing in enumerate(house.objects, 1)}
    assert found and found.items() <= categories.items()
    body.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scene": "/no/such.glb"}, "no scene file '/no/such.glb'"),
        ({"scene": "00800-TEEsavR23oF"}, "give scene_dataset="),
        ({"scene": "x", "scene_dataset": Path("/no.json")}, "no scene dataset '/no.json'"),
    ],
)
def test_missing_scenes_are_named(changes, words):
    body = HabitatBody(config(**changes))
    with pytest.raises(ConfigError, match=words):
        body.connect()


def test_a_scene_that_the_dataset_does_not_have(tmp_path):
    files = export_house(generate_house(11, HouseConfig(rooms=3)), tmp_path, "flat")
    body = HabitatBody(config("attic", scene_dataset=files.scene_dataset))
    with pytest.raises(BodyError, match=r"Habitat 0\.2\.2 could not open 'attic'"):
        body.connect()


def test_no_egl_and_no_cuda_device_say_what_to_do(plain_glb):
    body = HabitatBody(config(plain_glb, variables={"HABITAT_STAND_IN": "egl"}))
    with pytest.raises(BodyError, match=r"(?s)Install one.*libegl1.*no EGL devices found"):
        body.connect()
    body = HabitatBody(config(plain_glb, gpu_device=0))
    with pytest.raises(BodyError, match=r"(?s)gpu_device=-1.*CUDA device 0"):
        body.connect()


def test_an_interpreter_without_habitat_says_what_to_do(plain_glb):
    body = HabitatBody(HabitatConfig(scene=str(plain_glb), python=sys.executable))
    with pytest.raises(ConfigError, match=r"(?s)cannot be imported by .*environment\.yml"):
        body.connect()
    with pytest.raises(ConfigError, match="cannot be started"):
        HabitatBody(HabitatConfig(scene=str(plain_glb), python="/no/python")).connect()


def test_commands_that_close_the_socket_are_told_apart(plain_glb, tmp_path):
    runner = tmp_path / "conda-run"
    runner.write_text(
        f"#!{sys.executable}\nimport subprocess, sys\n"
        f"sys.exit(subprocess.run([{sys.executable!r}, *sys.argv[1:]]).returncode)\n"
    )
    runner.chmod(0o755)
    body = HabitatBody(HabitatConfig(scene=str(plain_glb), python=str(runner)))
    with pytest.raises(BodyError, match="not a command like `conda run`"):
        body.connect()


def test_what_is_unknown_stays_as_it_is(plain_glb, tmp_path):
    broken = tmp_path / "habitat_sim.py"
    broken.write_text("import os, sys\nprint('strange', file=sys.stderr)\nos._exit(7)\n")
    variables = {"PYTHONPATH": str(tmp_path)}
    body = HabitatBody(
        HabitatConfig(scene=str(plain_glb), python=sys.executable, environment=variables)
    )
    with pytest.raises(WorkerLost, match=r"(?s)exit status 7.*strange"):
        body.connect()
    assert explain("something else") == ""


def test_the_adapter_needs_little():
    tree = ast.parse(Path(adapter.__file__).read_text(), feature_version=(3, 8))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= {*sys.stdlib_module_names, "numpy", "habitat_sim"}


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="cell_height is 0"):
        HabitatConfig(scene="x", cell_height=0.0)


def test_directions_and_cameras_are_turned_right():
    for yaw, tilt in ((0.0, 0.0), (0.7, -0.3), (-2.5, 0.9)):
        x, y, z, w = adapter.quaternion(yaw, tilt)
        ahead = np.array([-2 * (x * z + w * y), -2 * (y * z - w * x), -1 + 2 * (x * x + y * y)])
        world = np.array(adapter.from_habitat(ahead))
        matrix = np.array(adapter.camera_matrix([1, 2, 3], yaw, tilt)).reshape(4, 4)
        assert np.allclose(world, matrix[:3, 2])
        assert np.allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3))
        assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)
    assert np.allclose(adapter.from_habitat(adapter.to_habitat([1, 2, 3])), [1, 2, 3])
