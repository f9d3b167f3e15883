"""A model behind a server that speaks as OpenAI's does."""

import dataclasses
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self, final
from urllib.parse import urlsplit

import msgspec
import numpy as np

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Completion, Message
from embodied_mem.models.http.abilities import (
    Way,
    enforces,
    refuses_form,
    response_format,
    weaker,
)
from embodied_mem.models.http.address import checked_url, read_key
from embodied_mem.models.http.caller import Caller
from embodied_mem.models.http.config import HttpConfig
from embodied_mem.models.http.connection import Reply
from embodied_mem.models.http.failures import refusal
from embodied_mem.models.http.names import pick_model
from embodied_mem.models.http.probing import find_way
from embodied_mem.models.http.wire import (
    Answer,
    Usage,
    estimate_turns,
    read_answer,
    read_models,
    said_in,
    turns_of,
    with_schema,
)
from embodied_mem.models.pictures import PictureSource, no_pictures
from embodied_mem.models.tokens import estimate_tokens

_LOG = logging.getLogger(__name__)
_NO_LIST = (404, 405, 500, 501)
"""What servers answer that do not say which models they have; `transformers serve` fails at that
where there is no cache of the Hub."""


@final
class Http:
    """Completes conversations at a server; several threads may share one client.

    The first call looks which models the server has, and, if an answer is to follow a schema, what
    the server can do about that. Where it can do nothing, the schema is put into the prompt, and
    the caller has to check what comes; callers do so all the same.

    Servers that do not count tokens are counted for by estimate.
    """

    def __init__(
        self,
        config: HttpConfig | None = None,
        *,
        base_url: str = "",
        model: str = "",
        pictures: PictureSource = no_pictures,
        rng: np.random.Generator | None = None,
    ) -> None:
        """Makes a client; nothing is sent yet.

        Args:
            config: Where the server is, and what a call may take.
            base_url: Overrides the configuration's.
            model: Overrides the configuration's.
            pictures: Gives the pictures behind the handles of messages.
            rng: Spreads retries; it has no say in what is answered.

        Raises:
            ConfigError: If the address is none, or the key cannot be sent there.
            MissingExtraError: If the extra is not installed.
        """
        given = config or HttpConfig()
        self.config = dataclasses.replace(
            given,
            base_url=checked_url(base_url or given.base_url),
            model=model or given.model,
        )
        read_key(self.config.key_variable, self.config.base_url)  # only to refuse it early
        self._pictures = pictures
        self._caller = Caller(self.config, rng or np.random.default_rng())
        self._first = threading.Lock()
        self._model = ""
        self._way: Way | None = None if self.config.constrain == "probe" else self.config.constrain
        self._ways: dict[bytes, Way] = {}
        """For schemas that the server refused in the usual way."""

    @property
    def name(self) -> str:
        """The model and where it is."""
        host = urlsplit(self.config.base_url).netloc
        model = self._model or self.config.model
        return f"{model}@{host}" if model else host

    @property
    def way(self) -> Way | None:
        """How the server is made to follow schemas; None until it was found out."""
        return self._way

    def close(self) -> None:
        """Closes the connections."""
        self._caller.close()

    def connect(self, seconds: float | None = None) -> Self:
        """Meets the server and settles which of its models is asked; once.

        Raises:
            ConfigError: If it has not the model, or several where none was named.
            ModelError: If it does not answer.
        """
        with self._first:
            if not self._model:
                url = self.config.base_url
                reply = self._caller.call("/models", None, self._end(seconds), final=_NO_LIST)
                if reply.status >= 300 and reply.status not in _NO_LIST:
                    raise refusal(reply, self.config)
                served = read_models(reply.body, url) if reply.status < 300 else []
                self._model = pick_model(self.config.model, served, url)
        return self

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns the model's next turn; its seconds are those of this call, retries with it.

        Raises:
            ConfigError: If the key cannot be sent, or the server has not the model.
            ModelTimeout: If there is no answer in time.
            ModelError: If there is none at all; the message has what the server said.
        """
        if not messages:
            raise ModelError("a model was asked without a message; expected at least one")
        end = self._end(timeout)
        self.connect(end - time.monotonic())
        if schema is not None:
            self._probe(end)
        begun = time.monotonic()
        answer, turns = self._ask(messages, schema, end)
        seconds = time.monotonic() - begun
        if answer.is_cut:
            _LOG.warning(
                "%s: an answer was cut off at %d tokens", self.name, self.config.max_tokens
            )
        return self._completion(answer, turns, seconds)

    def _end(self, timeout: float | None) -> float:
        seconds = self.config.timeout if timeout is None else timeout
        return time.monotonic() + (float("inf") if seconds is None else seconds)

    def _ask(
        self, messages: Sequence[Message], schema: Mapping[str, Any] | None, end: float
    ) -> tuple[Answer, list[dict[str, Any]]]:
        """Asks; steps down to a weaker way while the server refuses this one schema."""
        known = b"" if schema is None else msgspec.json.encode(schema)
        while True:
            way: Way = "plain"
            said = messages
            if schema is not None:
                way = self._ways.get(known, self._way or "plain")
                said = messages if enforces(way) else with_schema(messages, schema)
            turns = turns_of(said, self._pictures, self.config.image_size)
            reply = self._post(self._request(turns, way, schema), end)
            if reply.status < 300:
                return read_answer(reply.body, self.config.base_url), turns
            told = said_in(reply.body)
            if way == "plain" or not refuses_form(reply.status, told):
                raise refusal(reply, self.config)
            _LOG.warning("%s refuses a schema as %s: %s", self.name, way, told)
            self._ways[known] = weaker(way)

    def _probe(self, end: float) -> None:
        """Finds out once how the server can be made to follow a schema."""
        with self._first:
            if self._way is None:
                self._way = find_way(partial(self._post, end=end), self._model, self.config)
                if not enforces(self._way):
                    _LOG.warning("%s enforces no schema: it is asked in words", self.name)

    def _post(self, request: dict[str, Any], end: float) -> Reply:
        return self._caller.call("/chat/completions", request, end)

    def _request(
        self,
        turns: list[dict[str, Any]],
        way: Way,
        schema: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        form = None if schema is None else response_format(way, schema)
        fields = {
            "model": self._model,
            "messages": turns,
            self.config.limit_field: self.config.max_tokens,
            "temperature": self.config.temperature,
            "seed": self.config.seed,
            "response_format": form,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _completion(
        self, answer: Answer, turns: list[dict[str, Any]], seconds: float
    ) -> Completion:
        usage = answer.usage or Usage()
        read, written = usage.prompt_tokens, usage.completion_tokens
        if read is None:
            read = estimate_turns(turns, self.config.image_size)
        return Completion(
            text=answer.text,
            prompt_tokens=read,
            completion_tokens=estimate_tokens(answer.text) if written is None else written,
            seconds=seconds,
        )

    def __reduce__(self) -> Any:
        """Pickles as what it was made with: connections and locks stay where they are."""
        return _remade, (self.config, self._pictures)


def _remade(config: HttpConfig, pictures: PictureSource) -> Http:
    return Http(config, pictures=pictures)
