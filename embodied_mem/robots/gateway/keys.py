"""CURVE keys of a gateway and its clients, in files as `zmq.auth` has them.

A folder holds `server.key_secret` and `server.key` (the gateway's pair), `client.key_secret` and
`client.key` (a client's pair), and `clients/NAME.key`, the public keys that may connect. The
gateway needs `server.key_secret` and `clients/`; a client `client.key_secret` and `server.key`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ServerKeys:
    """What a gateway needs; never printed."""

    public: bytes
    secret: bytes
    clients: Mapping[bytes, str]
    """Names of the clients that may connect, by their public keys (z85)."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ClientKeys:
    """What a client needs; never printed."""

    public: bytes
    secret: bytes
    server: bytes
    """The gateway's public key (z85)."""


def make_keys(folder: Path) -> None:
    """Writes a new pair for a gateway and one for a client that may connect to it.

    Raises:
        ConfigError: If the folder holds keys already.
    """
    for name in ("server", "client"):
        if (folder / f"{name}.key_secret").exists():
            raise ConfigError(f"{folder} holds keys already; choose another folder, or delete them")
    (folder / "clients").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in ("server", "client"):
        public = _write_pair(folder, name)
    _write(folder / "clients" / "client.key", _certificate(public), 0o644)


def load_server_keys(folder: Path) -> ServerKeys:
    """Reads what a gateway needs.

    Raises:
        ConfigError: If a file is missing, damaged, or a secret that others can read, or nobody
            may connect.
    """
    public, secret = _read_secret(folder / "server.key_secret")
    files = sorted((folder / "clients").glob("*.key"))
    clients = {_read(path, "public-key"): path.stem for path in files}
    if not clients:
        raise ConfigError(
            f"{folder / 'clients'} holds no NAME.key, so nobody could connect; put the public keys "
            f"of the clients there"
        )
    return ServerKeys(public=public, secret=secret, clients=clients)


def load_client_keys(folder: Path) -> ClientKeys:
    """Reads what a client needs.

    Raises:
        ConfigError: If a file is missing, damaged, or a secret that others can read.
    """
    public, secret = _read_secret(folder / "client.key_secret")
    return ClientKeys(
        public=public, secret=secret, server=_read(folder / "server.key", "public-key")
    )


def _write_pair(folder: Path, name: str) -> bytes:
    from embodied_mem.robots.gateway.zeromq import zmq  # the rest of this module needs none

    public, secret = zmq.curve_keypair()
    _write(folder / f"{name}.key_secret", _certificate(public, secret), 0o600)
    _write(folder / f"{name}.key", _certificate(public), 0o644)
    return public


def _certificate(public: bytes, secret: bytes = b"") -> str:
    lines = ["#   CURVE certificate of embodied_mem (ZPL)", "metadata", "curve"]
    lines.append(f'    public-key = "{public.decode()}"')
    if secret:
        lines.append(f'    secret-key = "{secret.decode()}"')
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str, mode: int) -> None:
    # The mode is set at creation, so that a secret is never readable, not even for a moment.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)


def _read_secret(path: Path) -> tuple[bytes, bytes]:
    public = _read(path, "public-key")
    secret = _read(path, "secret-key")
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"others may read the secret {path}; run: chmod 600 {path}")
    return public, secret


def _read(path: Path, field: str) -> bytes:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read the key {path}: {error}; make keys with "
            f"`python -m embodied_mem.robots.gateway --make-keys DIR`"
        ) from error
    for line in text.splitlines():
        name, _, value = line.partition("=")
        key = value.strip().strip('"').encode()
        if name.strip() == field and len(key) == 40:
            return key
    raise ConfigError(f"{path} holds no {field} of 40 characters (z85); it is damaged")
