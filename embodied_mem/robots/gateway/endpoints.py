"""Where a gateway may be reached without keys, and where it may not."""

import ipaddress
from pathlib import Path

from embodied_mem.errors import ConfigError


def is_local(endpoint: str) -> bool:
    """Tells whether only this machine can reach an endpoint.

    Names other than `localhost` count as remote: what they mean may change.

    >>> is_local("tcp://127.0.0.2:5555"), is_local("tcp://[::1]:5555"), is_local("ipc:///run/x")
    (True, True, True)
    >>> is_local("tcp://0.0.0.0:5555"), is_local("tcp://*:5555"), is_local("tcp://robot:5555")
    (False, False, False)

    Raises:
        ConfigError: If it is no endpoint of a kind that gateways speak.
    """
    scheme, mark, rest = endpoint.partition("://")
    if not mark or scheme not in ("tcp", "ipc") or not rest:
        raise ConfigError(
            f"{endpoint!r} is no endpoint; expected tcp://HOST:PORT or ipc:///PATH, such as "
            f"tcp://127.0.0.1:5555"
        )
    if scheme == "ipc":
        return True
    host, mark, port = rest.rpartition(":")
    if not mark or not host or not (port in ("*", "0") or port.isdecimal()):
        raise ConfigError(f"{endpoint!r} has no port; expected tcp://HOST:PORT")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def demand_keys(endpoint: str, keys: Path | None) -> None:
    """Makes sure that nobody can command a robot over a network without a key.

    Raises:
        ConfigError: If other machines can reach the endpoint and there are no keys.
    """
    if keys is None and not is_local(endpoint):
        raise ConfigError(
            f"{endpoint} can be reached from other machines, so both ends need CURVE keys. Make "
            f"them with `python -m embodied_mem.robots.gateway --make-keys DIR`, copy "
            f"DIR/client.key_secret and DIR/server.key to the brain's machine, and give `keys` at "
            f"both ends (`--keys DIR`); or stay on tcp://127.0.0.1 or ipc://"
        )
