"""Asks and replies as lines of JSON, on their way to another process and back."""

from typing import Any

import msgspec
import numpy as np

from embodied_mem_envs.tasks.episode import Ask, Place, Reply, ReplyForm


class WorkerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an answer on its way from one process to another."""

    status: str
    certain: bool
    value: Any = None
    text: str = ""


class WireAsk(msgspec.Struct, frozen=True, kw_only=True):
    """An `Ask` as one line."""

    number: int
    kind: str
    text: str
    form: ReplyForm
    options: tuple[str, ...] = ()
    partner: str = ""
    places: int = 1
    image: bytes = b""
    image_shape: tuple[int, ...] = ()


class WireReply(msgspec.Struct, frozen=True, kw_only=True):
    """A `Reply` as one line, or what the answering side raised."""

    text: str = ""
    answer: WorkerAnswer | None = None
    choice: int | None = None
    places: tuple[Place, ...] = ()
    model_calls: int = 0
    tokens: int = 0
    error: str = ""


def pack_ask(ask: Ask) -> bytes:
    """Returns an ask as a line without its end.

    What only the living body is concerned with stays behind: how many ticks it may move.
    """
    picture = None if ask.image is None else np.ascontiguousarray(ask.image)
    return msgspec.json.encode(
        WireAsk(
            number=ask.number,
            kind=ask.kind,
            text=ask.text,
            form=ask.form,
            options=ask.options,
            partner=ask.partner,
            places=ask.places,
            image=b"" if picture is None else picture.tobytes(),
            image_shape=() if picture is None else picture.shape,
        )
    )


def unpack_ask(line: bytes) -> Ask:
    """Returns the ask of a line.

    Raises:
        msgspec.DecodeError: If the line holds something else.
    """
    wire = msgspec.json.decode(line, type=WireAsk)
    image = None
    if wire.image_shape:
        image = np.frombuffer(wire.image, np.uint8).reshape(wire.image_shape)
    return Ask(
        number=wire.number,
        kind=wire.kind,
        text=wire.text,
        form=wire.form,
        image=image,
        options=wire.options,
        partner=wire.partner,
        places=wire.places,
    )


def pack_reply(reply: Reply) -> bytes:
    """Returns a reply as a line without its end.

    Raises:
        TypeError: If the answer's value cannot be written as JSON.
    """
    answer = reply.answer
    return msgspec.json.encode(
        WireReply(
            text=reply.text,
            answer=None
            if answer is None
            else WorkerAnswer(
                status=answer.status, certain=answer.certain, value=answer.value, text=reply.text
            ),
            choice=reply.choice,
            places=reply.places,
            model_calls=reply.model_calls,
            tokens=reply.tokens,
        )
    )


def pack_error(words: str) -> bytes:
    """Returns the line that says what the answering side raised."""
    return msgspec.json.encode(WireReply(error=words))


def unpack_reply(line: bytes) -> WireReply:
    """Returns the reply of a line.

    Raises:
        msgspec.DecodeError: If the line holds something else.
    """
    return msgspec.json.decode(line, type=WireReply)
