"""Parameter files can be read, explain themselves, and are what the launch file starts.

There is no wheel of ROS 2's `launch` package, so the launch file is given a stand-in that records
what it is told; the command line that comes out of it is then taken by the real gateway.
"""

import ast
import runpy
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from embodied_mem.robots.config import load_robot, make_driver
from embodied_mem.robots.gateway.__main__ import _parser, _setting
from embodied_mem.robots.ros.topics import RosConfig

FOLDER = Path(__file__).parents[3] / "launch" / "robots"
LAUNCH = FOLDER / "connect.launch.py"
BASE = FOLDER / "diff_drive_rgbd.toml"
KNOWN = {
    "launch": {"LaunchDescription"},
    "launch.actions": {"DeclareLaunchArgument", "ExecuteProcess", "OpaqueFunction"},
    "launch.substitutions": {"LaunchConfiguration"},
}
"""What the launch file may use: in every release since Foxy (ros2/launch, launch/__init__.py)."""


class Argument(SimpleNamespace):
    def __init__(self, name, **more):
        super().__init__(name=name, **more)


class Configuration:
    def __init__(self, name):
        self.name = name

    def perform(self, context):
        return context[self.name]


@pytest.fixture
def launch_file(monkeypatch):
    parts = {
        "LaunchDescription": list,
        "DeclareLaunchArgument": Argument,
        "ExecuteProcess": SimpleNamespace,
        "OpaqueFunction": SimpleNamespace,
        "LaunchConfiguration": Configuration,
    }
    for module, names in KNOWN.items():
        stand_in = ModuleType(module)
        for name in names:
            setattr(stand_in, name, parts[name])
        monkeypatch.setitem(sys.modules, module, stand_in)
    return runpy.run_path(str(LAUNCH))


def launched(file, **given):
    *arguments, opaque = file["generate_launch_description"]()
    context = {one.name: one.default_value for one in arguments} | given
    assert set(given) <= {one.name for one in arguments}
    assert all(one.description for one in arguments)
    (process,) = opaque.function(context)
    assert process.output == "screen"
    assert float(process.sigterm_timeout) >= 5.0  # time to bring the robot to rest
    assert process.cmd[1:3] == ["-m", "embodied_mem.robots.gateway"]
    return _parser().parse_args(process.cmd[3:]), process.cmd[0]


def test_it_uses_nothing_of_launch_that_is_not_known_here():
    tree = ast.parse(LAUNCH.read_text())
    used = {
        node.module: {alias.name for alias in node.names}
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("launch")
    }
    assert used == KNOWN
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


def test_without_arguments_it_serves_the_base_beside_it_on_this_machine(launch_file):
    words, python = launched(launch_file)
    assert python == "python3"
    assert Path(words.config) == BASE
    assert words.endpoint == "tcp://127.0.0.1:5555"
    assert words.keys is None
    assert words.set == []


def test_its_arguments_change_the_robot(launch_file):
    words, _ = launched(
        launch_file,
        namespace="robot1",
        domain="7",
        use="dds",
        remap="cmd_vel:=base/cmd_vel, odom:=/odometry",
        endpoint="tcp://0.0.0.0:5555",
        keys="/etc/keys",
    )
    assert words.keys == Path("/etc/keys")
    assert words.endpoint == "tcp://0.0.0.0:5555"
    config = load_robot(words.config, dict(map(_setting, words.set)))
    assert config.driver == "dds"
    assert config.options["namespace"] == "robot1"
    assert config.options["domain"] == 7
    assert config.options["topics"]["cmd_vel"] == "base/cmd_vel"
    assert config.options["topics"]["odom"] == "/odometry"
    assert make_driver(config.driver, config.options).info.name == "diff_drive"


@pytest.mark.parametrize("driver", ["ros2", "dds"])
def test_the_base_is_a_robot_of_both_drivers(driver):
    config = load_robot(BASE, {"driver": driver})
    info = make_driver(config.driver, config.options).info
    assert set(info.required) == {"odom", "color", "depth"}
    assert set(info.action_features) == {"forward", "turn"}
    assert info.observation_features["depth"].shape == (480, 640)


def test_what_the_file_calls_a_topic_is_what_it_is_called_without_it():
    written = tomllib.loads(BASE.read_text())["options"]["topics"]
    plain = RosConfig()
    assert {role: plain.topic(role).lstrip("/") for role in written} == written
    assert {*plain.publishes, *plain.subscribes} == set(written)


def test_every_key_of_the_base_is_explained():
    lines = BASE.read_text().splitlines()
    keys = [n for n, line in enumerate(lines) if "=" in line and not line.startswith("#")]
    tables = {"options.qos.odom"}
    table = ""
    unexplained = []
    for number, line in enumerate(lines):
        if line.startswith("["):
            table = line.strip("[]")
        above = lines[number - 1] if number else ""
        inherits = line.startswith("height = ") or table in tables | {"options.rates"}
        if number in keys and "#" not in line and not above.startswith("#") and not inherits:
            unexplained.append(line)
    assert unexplained == []
