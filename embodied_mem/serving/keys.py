"""The token that a client of the HTTP server must show."""

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from embodied_mem.errors import ConfigError

VARIABLE: Final = "EMBODIED_MEM_TOKEN"
_SHORTEST: Final = 16


def find_token(file: Path | None, environment: Mapping[str, str]) -> tuple[str, bool]:
    """Returns the token, and whether it was made up here.

    From the file, else from the environment variable `EMBODIED_MEM_TOKEN`, else a new one.

    Raises:
        ConfigError: If the file cannot be read or others can read it, or the token is no good.
    """
    if file is not None:
        return _checked(_from(file), str(file)), False
    if VARIABLE in environment:
        return _checked(environment[VARIABLE].strip(), VARIABLE), False
    return secrets.token_urlsafe(32), True


def _from(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077 and os.name == "posix":
            raise ConfigError(f"others can read the token in {file}; run chmod 600 {file}")
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the token in {file}: {error}") from error


def _checked(token: str, source: str) -> str:
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError(
            f"the token in {source} must be {_SHORTEST} or more ASCII characters without spaces"
        )
    return token
