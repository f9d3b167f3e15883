"""How a model behind a server is asked."""

import re
from dataclasses import dataclass
from typing import Literal

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.models.http.abilities import WAYS

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Constrain = Literal["probe", "json_schema", "object_schema", "json_object", "plain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpConfig:
    """An OpenAI-compatible server, a model on it, and what a call may take."""

    base_url: str = "http://127.0.0.1:8000/v1"
    """Where the server is; `/chat/completions` and `/models` are behind it."""
    model: str = ""
    """What the server calls the model; may be empty where it has only one."""
    key_variable: str = "EMBODIED_MEM_API_KEY"
    """The environment variable that holds the key; the key itself is written nowhere."""
    constrain: Constrain = "probe"
    """How the server is told the schema of an answer; `probe` asks it once what it can do."""
    image_size: int = 768
    """Pictures are made so small, px on the longer side."""
    max_tokens: int = 2048
    """The most that one answer may be long."""
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the server calls that limit; some of OpenAI's models want the longer name."""
    temperature: float | None = 0.0
    """0 answers the same way every time, as far as the server can; None leaves it to the server."""
    seed: int | None = None
    """Of the server's sampling; None leaves it to the server."""
    concurrency: int = 4
    """So many calls are under way at once; further threads wait."""
    connect_timeout: float = 5.0
    """For a connection, s."""
    read_timeout: float = 300.0
    """For the next byte of an answer, s; a server is silent while its model writes."""
    timeout: float | None = 300.0
    """For a whole call with all its retries, s, where the caller gives no time."""
    retries: int = 4
    """How often a call is made again that failed by no fault of its own."""
    first_wait: float = 0.5
    """Before the first retry, s; each further one waits up to twice as long."""
    longest_wait: float = 30.0
    """Between two tries, s; a server that asks for more is given up."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If one is out of its range.
        """
        for name in ("image_size", "max_tokens", "concurrency"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected at least 1")
        for name in ("connect_timeout", "read_timeout", "timeout", "longest_wait"):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise ConfigError(f"{name} is {value} s; expected more than 0")
        for name in ("retries", "first_wait", "temperature"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ConfigError(f"{name} is {value}; expected 0 or more")
        if self.constrain not in ("probe", *WAYS):
            raise unknown_name("way to constrain", self.constrain, ("probe", *WAYS))
        if self.key_variable and not _VARIABLE.fullmatch(self.key_variable):
            raise ConfigError(  # which does not say it: it may be the key itself
                "key_variable is no name of an environment variable; expected one such as "
                "EMBODIED_MEM_API_KEY, and the key in the environment"
            )
