"""How a brain reaches a gateway."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from embodied_mem.errors import ConfigError
from embodied_mem.robots.gateway.endpoints import demand_keys


@dataclass(frozen=True, kw_only=True, slots=True)
class GatewayOptions:
    """Settings of a `GatewayDriver`."""

    endpoint: str = "tcp://127.0.0.1:5555"
    """Where the gateway listens: tcp://HOST:PORT or ipc:///PATH."""
    keys: Path | None = None
    """Folder with `client.key_secret` and `server.key`; needed for another machine."""
    name: str = "brain"
    """By which the robot's end knows who commands."""
    priority: int = 10
    """Who outranks whom, 0 to 255: autonomy 10, keyboard 90, joystick 100 (as twist_mux)."""
    beat: float = 0.04
    """A sign of life is sent, and readings are asked for, this often at least, s."""
    patience: float = 0.3
    """The link is lost when nothing was answered for this long, s."""
    handshake: float = 5.0
    """How long the gateway may take to answer at first, s."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a time is not positive, the name is empty or too long, the priority is
                out of range, or the endpoint is remote and there are no keys.
        """
        for name in ("beat", "patience", "handshake"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0.0):
                raise ConfigError(f"{name} is {value}; expected more than 0 s")
        if self.beat > 0.5 * self.patience:
            raise ConfigError(
                f"beat is {self.beat} s; expected half of patience ({self.patience} s) at most, or "
                f"one late answer is a lost link"
            )
        if not 1 <= len(self.name) <= 64:
            raise ConfigError(f"name has {len(self.name)} characters; expected 1 to 64")
        if not 0 <= self.priority <= 255:
            raise ConfigError(f"priority is {self.priority}; expected 0 to 255")
        demand_keys(self.endpoint, self.keys)
