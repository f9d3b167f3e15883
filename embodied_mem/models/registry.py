"""Model clients by name: the scripted one, and those that other distributions bring."""

from typing import Any, cast

from embodied_mem.models.client import ModelClient
from embodied_mem.plugins import load_plugin


def load_model_client(name: str = "scripted", **settings: Any) -> ModelClient:
    """Makes a model client.

    Args:
        name: `scripted`, or the name of an entry point of the group
            `embodied_mem.model_clients`, which must be something that makes a client.
        settings: Handed to what makes the client.

    Raises:
        ConfigError: If no client has that name; the nearest name is suggested.
    """
    # The scripted client plans, and planning asks clients: imported late, neither needs the other.
    from embodied_mem.models.scripted import Scripted

    return cast(ModelClient, load_plugin("model_client", name, {"scripted": Scripted})(**settings))
