import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.apart.driver import ApartDriver
from embodied_mem.robots.apart.interpreter import lay_package
from embodied_mem.robots.config import RobotConfig
from embodied_mem.robots.ros2 import environment
from embodied_mem.robots.ros2.driver import RosEnd, make_ros2
from embodied_mem.robots.ros2.environment import (
    network_variables,
    ros_environment,
    ros_interpreter,
)
from embodied_mem.robots.ros2.options import ros2_options
from embodied_mem.robots.ros2.rclpy_driver import RclpyDriver
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.settings import read_config, write_config
from ros_env import JOINT_LIMITS, ros_options


def nowhere(monkeypatch, tmp_path):
    monkeypatch.delenv(environment.INTERPRETER_VARIABLE, raising=False)
    monkeypatch.setattr(environment, "VENV", Path("no-such-venv") / "python")
    monkeypatch.chdir(tmp_path)


def test_the_python_that_is_asked_for_wins(monkeypatch):
    monkeypatch.setenv(environment.INTERPRETER_VARIABLE, "/bin/true")
    assert ros_interpreter(sys.executable) == Path(sys.executable)
    assert ros_interpreter() == Path("/bin/true")


def test_a_python_that_is_none_is_named_with_who_asked_for_it(monkeypatch):
    monkeypatch.setenv(environment.INTERPRETER_VARIABLE, "/nowhere/python")
    with pytest.raises(BodyError, match=r"EMBODIED_MEM_ROS_PYTHON names /nowhere/python"):
        ros_interpreter()


def test_without_any_it_says_what_to_run(monkeypatch, tmp_path):
    nowhere(monkeypatch, tmp_path)
    with pytest.raises(BodyError, match=r"bash launch/setup-ros\.sh"):
        ros_interpreter()


def test_a_venv_in_the_working_folder_is_found(monkeypatch, tmp_path):
    nowhere(monkeypatch, tmp_path)
    (tmp_path / "no-such-venv").mkdir()
    (tmp_path / "no-such-venv" / "python").symlink_to(sys.executable)
    assert ros_interpreter() == tmp_path / "no-such-venv" / "python"


def test_what_would_mislead_the_other_python_is_left_out(tmp_path):
    inherited = {
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
        "VIRTUAL_ENV": "/a/venv",
        "PYTHONPATH": "/opt/ros/jazzy/lib/python3.12/site-packages",
        "ROS_DOMAIN_ID": "99",
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET",
        "PATH": "/bin",
    }
    variables = ros_environment(
        tmp_path, domain=5, discovery="LOCALHOST", static_peers=("10.0.0.1",), inherited=inherited
    )
    assert "_ROS_WHEELS_BOOTSTRAP_COMPLETE" not in variables
    assert "VIRTUAL_ENV" not in variables
    first, sourced = variables["PYTHONPATH"].split(":")
    assert first == str(tmp_path)
    assert sourced == inherited["PYTHONPATH"]
    assert variables["ROS_DOMAIN_ID"] == "5"
    # What the robot's file says counts, whatever the shell says.
    assert variables["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert variables["ROS_STATIC_PEERS"] == "10.0.0.1"
    assert variables["FASTDDS_BUILTIN_TRANSPORTS"] == "UDPv4"


def test_only_our_package_reaches_the_other_python(tmp_path):
    folder = lay_package(lay_package(tmp_path / "packages"))  # a second time changes nothing
    assert [path.name for path in folder.iterdir()] == ["embodied_mem"]
    assert (folder / "embodied_mem" / "robots" / "apart" / "serve.py").is_file()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"discovry": "SUBNET"}, "did you mean 'discovery'"),
        ({"discovery": "EVERYWHERE"}, "discovery"),
        ({"namespaze": "r1"}, "did you mean 'namespace'"),
        ({"python": 3}, "python"),
    ],
)
def test_wrong_options_are_named(wrong, says):
    with pytest.raises(ConfigError, match=says):
        ros2_options(wrong)


def test_a_robot_survives_the_way_to_the_other_process():
    options = ros2_options(ros_options(3, stamped=True, qos={"odom": {"depth": 7}}))
    gate = GateConfig(arm=ArmGateConfig(), zones=None, deadman=0.3)
    config = RosEnd(options).robot(gate, JOINT_LIMITS)
    there = read_config(RobotConfig, json.loads(json.dumps(write_config(config))))
    assert (there.gate, there.joint_limits) == (gate, JOINT_LIMITS)
    assert ros2_options(there.options) == replace(options, python="here")


def test_here_is_this_python_and_no_other(monkeypatch):
    for name in network_variables("LOCALHOST"):
        monkeypatch.setenv(name, "as it was")  # is put back afterwards
    assert isinstance(make_ros2({"python": "here"}), RclpyDriver)
    assert isinstance(make_ros2({"python": sys.executable}), ApartDriver)


def test_the_profile_of_loopback_is_for_loopback_only(monkeypatch, tmp_path):
    loopback = network_variables("LOCALHOST")["FASTDDS_DEFAULT_PROFILES_FILE"]
    assert "127.0.0.1" in Path(loopback).read_text()
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", loopback)
    subnet = ros_environment(tmp_path, domain=3, discovery="SUBNET")
    assert "FASTDDS_DEFAULT_PROFILES_FILE" not in subnet
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", "/etc/own.xml")
    for discovery in ("LOCALHOST", "SUBNET"):
        kept = ros_environment(tmp_path, domain=3, discovery=discovery)
        assert kept["FASTDDS_DEFAULT_PROFILES_FILE"] == "/etc/own.xml"
