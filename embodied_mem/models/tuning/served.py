"""Clients of one server, one for each setting that it is asked with."""

import dataclasses
from typing import TYPE_CHECKING, Final, final

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Message, ModelClient
from embodied_mem.models.tuning.space import Setting
from embodied_mem.models.tuning.workload import SCHEMA, Workload

if TYPE_CHECKING:
    pass

_PATIENCE: Final = 120.0
_FEW: Final = 8
"""Tokens that a picture's place in a prompt may take where the picture itself is left out."""


@final
class ServedClients:
    """Makes `Http` clients that do not try again: what is refused is to be seen.

    Args:
        base_url: Address of the server.
        model: Which of its models; empty where it has one.

    Raises:
        ConfigError: If the address is none, or the server has not the model.
        ModelError: If the server does not answer, or has no such model.
        MissingExtraError: If the extra `models` is not installed.
    """

    def __init__(self, *, base_url: str, model: str = "") -> None:
        from embodied_mem.models.http import Http, HttpConfig

        first = Http(HttpConfig(base_url=base_url, model=model, max_tokens=16)).connect()
        # Finds out how it takes schemas, and loads what it loads late, before anything is timed.
        first.complete([Message(role="user", text="Say yes.")], schema=SCHEMA)
        self.base_url = first.config.base_url
        self.model = first.name.rpartition("@")[0]
        self._way = first.way
        self._last = first

    def __call__(self, setting: Setting) -> ModelClient:
        """Returns a client that asks as a setting says; the one before it is closed."""
        from embodied_mem.models.http import Http, HttpConfig

        config = HttpConfig(
            base_url=self.base_url,
            model=self.model,
            constrain=self._way or "probe",
            concurrency=setting.in_flight,
            image_size=setting.image_size or 1,
            max_tokens=setting.max_tokens,
            retries=0,
        )
        self._last.close()
        self._last = Http(config, pictures=Workload.picture).connect()
        return self._last

    def see_pictures(self, workload: Workload) -> bool:
        """Returns whether the model reads pictures: whether one adds to the tokens of a prompt.

        Servers of models that only read text refuse pictures, or leave them out unsaid.
        """
        setting = Setting(image_size=224, records=1, max_tokens=16)
        shown = workload.probe(0, setting).messages
        bare = [dataclasses.replace(message, images=()) for message in shown]
        client = self(setting)
        try:
            with_picture = client.complete(shown, timeout=_PATIENCE).prompt_tokens
        except ModelError:
            return False
        return with_picture > client.complete(bare, timeout=_PATIENCE).prompt_tokens + _FEW

    def close(self) -> None:
        """Closes the connections."""
        self._last.close()
