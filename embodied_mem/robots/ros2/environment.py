"""Where rclpy runs: an interpreter that has it, and the environment variables that it needs."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from embodied_mem.errors import BodyError
from embodied_mem.robots.apart.interpreter import find_interpreter, variables_apart

INTERPRETER_VARIABLE = "EMBODIED_MEM_ROS_PYTHON"
"""Names the Python of a ROS 2 installation, such as `/usr/bin/python3` once it was sourced."""

BOOTSTRAP_GUARD = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""Set by the ROS wheels once they have restarted a Python; a child that inherits it is not
restarted and finds no libraries."""

VENV = Path(".venv-ros") / "bin" / "python"
"""Made by `launch/setup-ros.sh`."""

_PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")
"""Names the profiles of Fast DDS; the second is what Fast DDS 2 (Jazzy) knows."""
_LOOPBACK = Path(__file__).with_name("fastdds_loopback.xml")


def ros_interpreter(named: str = "") -> Path:
    """Finds a Python that has rclpy.

    Args:
        named: The one asked for; empty looks at `EMBODIED_MEM_ROS_PYTHON`, then for `.venv-ros`
            in the working directory and beside the package.

    Raises:
        BodyError: If the one asked for does not exist, or none is found; says what to run.
    """
    found = find_interpreter(named, INTERPRETER_VARIABLE, VENV)
    if found is not None:
        return found
    raise BodyError(
        "no Python with rclpy was found. Run `bash launch/setup-ros.sh` (about 20 s), or source "
        f"the robot's ROS 2 installation and export {INTERPRETER_VARIABLE}=/usr/bin/python3; "
        "the driver `dds` needs neither"
    )


def ros_environment(
    package_folder: Path,
    *,
    domain: int,
    discovery: str,
    static_peers: Sequence[str] = (),
    inherited: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Returns the environment variables of a process that runs rclpy.

    Args:
        package_folder: A folder that holds `embodied_mem` and nothing else, so that packages of
            this interpreter do not reach the other one.
        domain: ROS_DOMAIN_ID.
        discovery: As in `network_variables`.
        static_peers: As in `network_variables`.
        inherited: What the process would inherit; this one's by default.
    """
    before = os.environ if inherited is None else inherited
    variables = variables_apart(package_folder, before)
    variables.pop(BOOTSTRAP_GUARD, None)
    for name in _PROFILES:
        if variables.get(name) == str(_LOOPBACK):  # set by us for another robot
            del variables[name]
    if sourced := before.get("PYTHONPATH"):
        variables["PYTHONPATH"] += os.pathsep + sourced
    variables["ROS_DOMAIN_ID"] = str(domain)
    return variables | network_variables(discovery, static_peers)


def network_variables(discovery: str, static_peers: Sequence[str] = ()) -> dict[str, str]:
    """Returns the environment variables that say where rclpy may talk.

    Pictures need UDP alone: at 640x480 and 10 Hz they lost a fifth with Fast DDS's shared memory
    beside it (notes/control.md, C2). With `LOCALHOST` rmw_fastrtps heeds no variable, and a profile
    is what sets the transport; one that the environment names already is left as it is.

    Args:
        discovery: ROS_AUTOMATIC_DISCOVERY_RANGE: `LOCALHOST`, `SUBNET` or `OFF`.
        static_peers: ROS_STATIC_PEERS, addresses.
    """
    variables = {
        "ROS_AUTOMATIC_DISCOVERY_RANGE": discovery,
        "ROS_STATIC_PEERS": ";".join(static_peers),
        "FASTDDS_BUILTIN_TRANSPORTS": os.environ.get("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4"),
    }
    if discovery == "LOCALHOST":
        variables |= {name: os.environ.get(name, str(_LOOPBACK)) for name in _PROFILES}
    return variables
