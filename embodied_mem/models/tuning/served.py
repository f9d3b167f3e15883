"""Clients of one server, one for each setting that it is asked with."""

from typing import TYPE_CHECKING, Final, final

import cv2
import numpy as np

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Message, ModelClient
from embodied_mem.models.pictures import PictureSource
from embodied_mem.models.tuning.space import Setting
from embodied_mem.models.tuning.workload import SCHEMA, Workload

if TYPE_CHECKING:
    from embodied_mem.models.http import Http

_PATIENCE: Final = 120.0
_SIDE: Final = 64
"""Of the pictures that tell whether a model sees, px."""
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

        self._last = first = Http(HttpConfig(base_url=base_url, model=model, max_tokens=16))
        try:
            first.connect()
            # It finds out how schemas are taken, and the server loads what it loads late, before
            # anything is timed.
            first.complete([Message(role="user", text="Say yes.")], schema=SCHEMA)
        except BaseException:
            first.close()
            raise
        self.base_url = first.config.base_url
        self.model = first.name.rpartition("@")[0]
        self._way = first.way

    def __call__(self, setting: Setting) -> ModelClient:
        """Returns a client that asks as a setting says; the one before it is closed."""
        return self._client(setting, Workload.picture)

    def see_pictures(self) -> bool:
        """Returns whether the model sees: a picture adds tokens, by its size, not by its bytes.

        Servers of models that only read text refuse pictures, leave them out unsaid, or give the
        model the letters of their files to read.
        """
        client = self._client(Setting(image_size=_SIDE, max_tokens=16), _test_picture)

        def read(*images: str) -> int:
            message = Message(role="user", text="What is this?", images=images)
            return client.complete([message], timeout=_PATIENCE).prompt_tokens

        try:
            bare, plain, noisy = read(), read("plain"), read("noisy")
        except ModelError:
            return False
        return plain > bare + _FEW and plain == noisy

    def close(self) -> None:
        """Closes the connections."""
        self._last.close()

    def _client(self, setting: Setting, pictures: PictureSource) -> "Http":
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
        self._last = Http(config, pictures=pictures)
        return self._last.connect()


def _test_picture(handle: str) -> bytes:
    """Returns a small picture in a short file, or one of the same size in a long file."""
    pixels = np.full((_SIDE, _SIDE, 3), 128, np.uint8)
    if handle == "noisy":
        pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()
