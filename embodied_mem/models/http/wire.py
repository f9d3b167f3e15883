"""What goes over the wire: requests as servers read them, answers as they write them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Message
from embodied_mem.models.pictures import PictureSource, data_url, shrunk
from embodied_mem.models.tokens import estimate_tokens

_PATCH = 28
"""Side of the square that one token of a picture stands for, px, as in Qwen2-VL (section 2.1)."""
_SHOWN = 300
"""Letters of a server's answer that an error shows."""


class _Said(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Said
    finish_reason: str | None = None


class Usage(msgspec.Struct):
    """What a server counted."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class Answer(msgspec.Struct):
    """What a server answers to a conversation."""

    choices: list[_Choice]
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """What the model wrote; empty where it wrote nothing."""
        said = self.choices[0].message
        return said.content or said.refusal or ""

    @property
    def is_cut(self) -> bool:
        """Whether the model was stopped for its length."""
        return self.choices[0].finish_reason == "length"


class _Served(msgspec.Struct):
    id: str


class _List(msgspec.Struct):
    data: list[_Served] | None = None


def turns_of(
    messages: Sequence[Message], pictures: PictureSource, image_size: int
) -> list[dict[str, Any]]:
    """Returns a conversation as a server reads it; pictures follow the text of their message.

    Raises:
        ModelError: If a picture is gone or is none.
    """
    turns: list[dict[str, Any]] = []
    for message in messages:
        content: str | list[dict[str, Any]] = message.text
        if message.images:
            content = [{"type": "text", "text": message.text}]
            for handle in message.images:
                url = data_url(shrunk(pictures(handle), image_size))
                content.append({"type": "image_url", "image_url": {"url": url}})
        turns.append({"role": message.role, "content": content})
    return turns


def with_schema(messages: Sequence[Message], schema: Mapping[str, Any]) -> list[Message]:
    """Returns a conversation that says its schema itself, for servers that cannot enforce it.

    It stands at the end of the first system message, before all that changes from call to call.
    """
    words = (
        "Answer with one JSON value and nothing else: no words around it, no fence. It follows "
        f"this JSON schema:\n{msgspec.json.encode(schema).decode()}"
    )
    first, *rest = messages
    if first.role != "system":
        return [Message(role="system", text=words), *messages]
    return [Message(role="system", text=f"{first.text}\n\n{words}", images=first.images), *rest]


def estimate_turns(turns: Sequence[Mapping[str, Any]], image_size: int) -> int:
    """Estimates the tokens of a conversation, for servers that do not count them.

    A picture is taken for a square of `image_size`.
    """
    total = 0
    for turn in turns:
        content = turn["content"]
        for part in [{"text": content}] if isinstance(content, str) else content:
            text = part.get("text")
            total += (image_size // _PATCH) ** 2 if text is None else estimate_tokens(text)
    return total


def read_answer(body: bytes, url: str) -> Answer:
    """Returns a server's answer.

    Raises:
        ModelError: If it is none.
    """
    try:
        answer = msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ModelError(
            f"the server at {url} answered what is no chat completion ({error}): {shown(body)}"
        ) from None
    if not answer.choices:
        raise ModelError(f"the server at {url} answered without a choice: {shown(body)}")
    return answer


def read_models(body: bytes, url: str) -> list[str]:
    """Returns the names of the models of a server; none if it tells of none.

    Raises:
        ModelError: If what answers is no model server.
    """
    try:
        return [each.id for each in msgspec.json.decode(body, type=_List).data or []]
    except (msgspec.DecodeError, RecursionError):
        raise ModelError(
            f"what answers at {url}/models lists no models, and may be no model server: "
            f"{shown(body)}"
        ) from None


def shown(body: bytes) -> str:
    r"""Returns the beginning of what a server answered, on one line.

    >>> shown(b"Not\n  found")
    'Not found'
    """
    text = " ".join(body[: 8 * _SHOWN].decode(errors="replace").split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def said_in(body: bytes) -> str:
    """Returns the message of a server's error; the beginning of its answer if there is none."""
    try:
        error = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return shown(body)
    for name in ("error", "detail", "message"):
        if isinstance(error, dict) and name in error:
            error = error[name]
    return shown(error.encode() if isinstance(error, str) else msgspec.json.encode(error))
