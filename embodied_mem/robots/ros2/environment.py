"""Where rclpy runs: an interpreter that has it, and the environment variables that it needs."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import embodied_mem
from embodied_mem.errors import BodyError

INTERPRETER_VARIABLE = "EMBODIED_MEM_ROS_PYTHON"
"""Names the Python of a ROS 2 installation, such as `/usr/bin/python3` once it was sourced."""

BOOTSTRAP_GUARD = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"
"""Set by the ROS wheels once they have restarted a Python; a child that inherits it is not
restarted and finds no libraries."""

VENV = Path(".venv-ros") / "bin" / "python"
"""Made by `launch/setup-ros.sh`."""


def ros_interpreter(named: str = "") -> Path:
    """Finds a Python that has rclpy.

    Args:
        named: The one asked for; empty looks at `EMBODIED_MEM_ROS_PYTHON`, then for `.venv-ros`
            in the working directory and beside the package.

    Raises:
        BodyError: If the one asked for does not exist, or none is found; says what to run.
    """
    for asked, source in (
        (named, "the option `python`"),
        (os.environ.get(INTERPRETER_VARIABLE, ""), INTERPRETER_VARIABLE),
    ):
        if asked:
            if not os.access(asked, os.X_OK):
                raise BodyError(f"{source} names {asked}, which is no program that can be run")
            return Path(asked)
    for folder in (Path.cwd(), Path(embodied_mem.__file__).parents[1]):
        if os.access(folder / VENV, os.X_OK):
            return folder / VENV
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
    variables = dict(os.environ if inherited is None else inherited)
    for name in (BOOTSTRAP_GUARD, "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"):
        variables.pop(name, None)
    search = [str(package_folder), *filter(None, [variables.get("PYTHONPATH", "")])]
    variables["PYTHONPATH"] = os.pathsep.join(search)
    variables["ROS_DOMAIN_ID"] = str(domain)
    return variables | network_variables(discovery, static_peers)


def network_variables(discovery: str, static_peers: Sequence[str] = ()) -> dict[str, str]:
    """Returns the environment variables that say where rclpy may talk.

    On a network pictures need UDP alone: at 640x480 and 10 Hz they lost a fifth with Fast DDS's
    shared memory beside it (notes/control.md, C2). With `LOCALHOST` rmw_fastrtps sets transports
    of its own and heeds no variable; a process that is killed then leaves files in /dev/shm.

    Args:
        discovery: ROS_AUTOMATIC_DISCOVERY_RANGE: `LOCALHOST`, `SUBNET` or `OFF`.
        static_peers: ROS_STATIC_PEERS, addresses.
    """
    return {
        "ROS_AUTOMATIC_DISCOVERY_RANGE": discovery,
        "ROS_STATIC_PEERS": ";".join(static_peers),
        "FASTDDS_BUILTIN_TRANSPORTS": os.environ.get("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4"),
    }


def lay_package(folder: Path) -> Path:
    """Links `embodied_mem` into an empty folder for `PYTHONPATH` and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "embodied_mem"
    if not link.exists():
        link.symlink_to(Path(embodied_mem.__file__).parent.resolve(), target_is_directory=True)
    return folder
