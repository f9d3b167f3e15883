"""Where tuned settings are kept: one for each server, model and machine."""

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final
from urllib.parse import urlsplit

import msgspec

from embodied_mem.errors import ConfigError
from embodied_mem.files import expanded, write_bytes
from embodied_mem.models.tuning.machine import machine_name
from embodied_mem.models.tuning.space import Setting

CACHE: Final = "EMBODIED_MEM_CACHE"
"""Environment variable: the folder that is used in place of the platform's folder of caches."""
FORMAT: Final = 1


@final
@dataclass(frozen=True, kw_only=True)
class Key:
    """What a tuned setting holds for: where one of these changes, it is tuned again."""

    server: str
    """Address of the server, such as `http://127.0.0.1:8000/v1`."""
    model: str
    """Which of its models."""
    machine: str
    """The machine that asks; see `machine_name`."""

    @property
    def digest(self) -> str:
        """A short name for files."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


@final
@dataclass(frozen=True, kw_only=True)
class Kept:
    """A tuned setting, and what it rests on."""

    key: Key
    setting: Setting
    goodput: float
    """The mean of its measurements, in `unit`."""
    unit: str
    """Such as `useful calls/s`."""
    latency: float
    """The bound that it was tuned under, s."""
    measured: int
    """How many measurements were made."""
    settings: int
    """How many settings there were to choose from."""
    when: str
    """Date and time, ISO 8601."""


@final
@dataclass(frozen=True, kw_only=True)
class _File:
    format: int
    tuned: list[Kept]


def cache_folder() -> Path:
    """Returns the folder of caches, as the platform has it; `$EMBODIED_MEM_CACHE` goes first."""
    named = os.environ.get(CACHE)
    if named:
        return expanded(named)
    if platform.system() == "Darwin":
        return Path.home() / "Library" / "Caches" / "embodied_mem"
    windows = os.environ.get("LOCALAPPDATA") if platform.system() == "Windows" else None
    home = windows or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "embodied_mem"


def key_of(base_url: str, model: str) -> Key:
    """Returns the key of a server and a model, asked from this machine.

    >>> key_of("http://LocalHost:8000/v1/", "m").server
    'http://127.0.0.1:8000/v1'
    """
    parts = urlsplit(base_url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    place = host if parts.port is None else f"{host}:{parts.port}"
    server = f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
    return Key(server=server, model=model, machine=machine_name())


def read_tuned() -> list[Kept]:
    """Returns all that is kept.

    Raises:
        ConfigError: If the file is damaged or of another version.
    """
    path = cache_folder() / "tuned.json"
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return []
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ConfigError(
            f"{path} holds no tuned settings ({error}); delete it and tune again"
        ) from error
    if file.format != FORMAT:
        raise ConfigError(f"{path} has format {file.format}, not {FORMAT}; delete it")
    return file.tuned


def tuned(base_url: str, model: str = "") -> Kept | None:
    """Returns what is kept for a server and a model, asked from this machine; None for nothing.

    Args:
        base_url: Address of the server.
        model: Which of its models; empty where only one was tuned.

    Raises:
        ConfigError: If the file is damaged.
    """
    key = key_of(base_url, model)
    same = [
        each
        for each in read_tuned()
        if (each.key.server, each.key.machine) == (key.server, key.machine)
        and model in ("", each.key.model)
    ]
    return same[0] if len(same) == 1 else None


def tuned_settings(base_url: str, model: str = "") -> Setting | None:
    """Returns the setting that was tuned for a server and a model; None where there is none.

    Raises:
        ConfigError: If the file is damaged.
    """
    kept = tuned(base_url, model)
    return None if kept is None else kept.setting


def keep(kept: Kept) -> Path:
    """Keeps a tuned setting in place of what was kept for its key; returns the file.

    Raises:
        ConfigError: If the file is damaged.
    """
    others = [each for each in read_tuned() if each.key != kept.key]
    path = cache_folder() / "tuned.json"
    file = _File(format=FORMAT, tuned=[*others, kept])
    write_bytes(path, msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")
    return path
