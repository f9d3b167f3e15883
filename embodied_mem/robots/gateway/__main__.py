"""Serves a robot: `python -m embodied_mem.robots.gateway --config FILE --endpoint ENDPOINT`.

It needs numpy, msgspec and pyzmq only, so it runs inside a ROS environment too.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from embodied_mem.errors import ConfigError, EmbodiedMemError
from embodied_mem.robots.gateway.endpoints import demand_keys
from embodied_mem.robots.gateway.keys import make_keys


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    given = _parser().parse_args(arguments)
    try:
        if given.make_keys is not None:
            make_keys(given.make_keys)
            print(_what_was_made(given.make_keys))
            return 0
        demand_keys(given.endpoint, given.keys)
        _serve(given)
    except EmbodiedMemError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _serve(given: argparse.Namespace) -> None:
    from embodied_mem.robots.config import build_robot, load_robot
    from embodied_mem.robots.gateway.serving import serve

    robot = build_robot(load_robot(given.config, dict(map(_setting, given.set))))
    parent = os.getppid() if given.with_parent else None
    serve(robot, given.endpoint, keys=given.keys, parent=parent)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m embodied_mem.robots.gateway",
        description="Serves one robot, behind its safety gate, to brains elsewhere.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--config", help="the robot's TOML file, or the name of a known robot")
    what.add_argument(
        "--make-keys", type=Path, metavar="DIR", help="write new CURVE keys to a folder, and end"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting of the file, such as options.domain=7; may be given again",
    )
    parser.add_argument(
        "--endpoint",
        default="tcp://127.0.0.1:5555",
        help="tcp://HOST:PORT or ipc:///PATH; anything but this machine needs keys "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--keys", type=Path, metavar="DIR", help="folder with server.key_secret and clients/"
    )
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="end, with the robot at rest, when the standard input or the parent process ends",
    )
    return parser


def _setting(text: str) -> tuple[str, object]:
    """Reads one change of a setting; what is not JSON is a text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text}: expected KEY=VALUE, such as options.domain=7")
    try:
        return name, msgspec.json.decode(value.encode())
    except msgspec.DecodeError:
        return name, value


def _what_was_made(folder: Path) -> str:
    return (
        f"keys are in {folder}. The robot's end takes `--keys {folder}`; copy client.key_secret "
        f"and server.key to the brain's machine, by a way that nobody listens to, and delete "
        f"client.key_secret here. More clients: put their public NAME.key into "
        f"{folder / 'clients'}."
    )


if __name__ == "__main__":
    sys.exit(main())
