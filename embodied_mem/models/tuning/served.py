"""Clients of one server, one for each setting that it is asked with."""

from typing import final

from embodied_mem.errors import ModelError
from embodied_mem.models.client import ModelClient
from embodied_mem.models.tuning.space import Setting
from embodied_mem.models.tuning.workload import SCHEMA, Workload


@final
class ServedClients:
    """Makes `Http` clients that do not try again: what is refused is to be seen.

    Args:
        base_url: Address of the server.
        model: Which of its models; empty where it has one.

    Raises:
        ModelError: If the server does not answer, or has no such model.
        MissingExtraError: If the extra `models` is not installed.
    """

    def __init__(self, *, base_url: str, model: str = "") -> None:
        from embodied_mem.models.http import Http

        self.base_url = base_url
        self.model = Http(base_url=base_url, model=model).model

    def __call__(self, setting: Setting) -> ModelClient:
        """Returns a client that asks as a setting says."""
        from embodied_mem.models.http import Http, HttpConfig

        config = HttpConfig(
            base_url=self.base_url,
            model=self.model,
            concurrency=setting.in_flight,
            image_size=setting.image_size or 1,
            max_tokens=setting.max_tokens,
            retries=0,
        )
        return Http(config, pictures=Workload.picture)

    def see_pictures(self, workload: Workload) -> bool:
        """Returns whether the server takes a picture; an answer of no use will do."""
        setting = Setting(image_size=224, records=1, max_tokens=64)
        probe = workload.probe(0, setting)
        try:
            self(setting).complete(probe.messages, schema=SCHEMA, timeout=60.0)
        except ModelError:
            return False
        return True
