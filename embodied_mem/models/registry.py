"""Model clients by name or address: scripted, served, local, and those of other distributions."""

from typing import Any, cast

from embodied_mem.models.client import ModelClient
from embodied_mem.models.pictures import PictureSource, no_pictures
from embodied_mem.plugins import load_plugin


def load_model_client(name: str = "scripted", **settings: Any) -> ModelClient:
    """Makes a model client.

    Args:
        name: `scripted`, `http`, `transformers`, or the name of an entry point of the group
            `embodied_mem.model_clients`, which must be something that makes a client.
        settings: Handed to what makes the client.

    Raises:
        ConfigError: If no client has that name; the nearest name is suggested.
    """
    builtin = {"scripted": _scripted, "http": _http, "transformers": _transformers}
    return cast(ModelClient, load_plugin("model_client", name, builtin)(**settings))


def open_model_client(address: str, *, pictures: PictureSource = no_pictures) -> ModelClient:
    """Makes the client that a command line names.

    A server is asked as `embodied-mem tune-model` found best for it on this machine.

    Args:
        address: `http://host:port/v1` (or https), with `#model` behind it where the server has
            several; `transformers:FOLDER` for weights on this machine; or a name that
            `load_model_client` knows.
        pictures: Gives the pictures behind the handles of messages.

    Raises:
        ConfigError: If it is none of these, or the file of tuned settings is damaged.
        ModelError: If the server does not answer.
        MissingExtraError: If an extra is not installed.
        MissingWeightsError: If a local model is not there.
    """
    if address.startswith(("http://", "https://")):
        base, _, model = address.partition("#")
        return _served(base, model, pictures)
    name, _, weights = address.partition(":")
    if name == "transformers":
        return load_model_client("transformers", weights=weights, pictures=pictures)
    return load_model_client(address)


# Made late: the scripted client plans, and planning asks clients; the others need extras.


def _scripted(**settings: Any) -> ModelClient:
    from embodied_mem.models.scripted import Scripted

    return Scripted(**settings)


def _served(base_url: str, model: str, pictures: PictureSource) -> ModelClient:
    from embodied_mem.models.http import Http, HttpConfig
    from embodied_mem.models.http.tuned import with_tuned

    config = with_tuned(HttpConfig(base_url=base_url, model=model))
    return Http(config, pictures=pictures).connect()  # better now than after a long walk


def _http(**settings: Any) -> ModelClient:
    from embodied_mem.models.http import Http

    return Http(**settings)


def _transformers(**settings: Any) -> ModelClient:
    from embodied_mem.models.local import Transformers

    return Transformers(**settings)
