"""Starts a gateway next to a robot: its topics, behind a safety gate, for a brain elsewhere.

    ros2 launch ./connect.launch.py config:=diff_drive_rgbd.toml namespace:=robot1

The gateway works in the Python that `python` names. With `use:=ros2` that is one with rclpy, so
source ROS 2 first (Jazzy or newer); it needs numpy, msgspec and pyzmq, and this package on its
PYTHONPATH. README.md, next to this file, says what to set in the parameter file.
"""

from pathlib import Path

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration

from launch import LaunchDescription

ARGUMENTS = {
    "config": (
        str(Path(__file__).with_name("diff_drive_rgbd.toml")),
        "the robot's parameter file",
    ),
    "namespace": ("", "goes before every relative topic name; empty takes the file's"),
    "domain": ("", "ROS_DOMAIN_ID; empty takes the file's"),
    "use": ("", "driver: ros2 (rclpy) or dds (Cyclone DDS alone); empty takes the file's"),
    "remap": ("", "other topics by role, such as cmd_vel:=base/cmd_vel,odom:=/odometry"),
    "endpoint": ("tcp://127.0.0.1:5555", "where brains reach it; off this machine it needs keys"),
    "keys": ("", "folder with server.key_secret and clients/"),
    "python": ("python3", "the Python that runs it"),
}
"""Names, defaults and descriptions, as `ros2 launch --show-args` prints them."""
CHANGES = {"namespace": "options.namespace", "domain": "options.domain", "use": "driver"}
"""Arguments that change one setting of the file, if they are given."""


def generate_launch_description():
    """Describes the arguments, and the process that they make."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, (default, description) in ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=gateway)])


def gateway(context):
    """Returns the gateway's process; on Ctrl-C it gets time to bring the robot to rest."""
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    return [
        ExecuteProcess(
            cmd=command(given),
            name="embodied_mem_gateway",
            output="screen",
            sigterm_timeout="10",
            sigkill_timeout="5",
        )
    ]


def command(given):
    """Returns the gateway's command line."""
    words = [given["python"], "-m", "embodied_mem.robots.gateway"]
    words += ["--config", given["config"], "--endpoint", given["endpoint"]]
    if given["keys"]:
        words += ["--keys", given["keys"]]
    for name, setting in CHANGES.items():
        if given[name]:
            words += ["--set", f"{setting}={given[name]}"]
    for rule in filter(None, given["remap"].split(",")):
        role, _, topic = rule.partition(":=")
        words += ["--set", f"options.topics.{role.strip()}={topic.strip()}"]
    return words
