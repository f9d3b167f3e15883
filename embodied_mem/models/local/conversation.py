"""A conversation as a local model reads it: by the chat template that came with it."""

import hashlib
import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Message, Role
from embodied_mem.models.local.loading import Loaded
from embodied_mem.models.local.prefixes import Prompt
from embodied_mem.models.pictures import PictureSource, shrunk

_PICTURES: Final = frozenset(
    {"pixel_values", "pixel_attention_mask", "image_sizes", "batch_num_images"}
)
_TEXT: Final = frozenset({"input_ids", "attention_mask"})


def read_in(
    loaded: Loaded, messages: Sequence[Message], *, pictures: PictureSource, image_size: int
) -> tuple[Prompt | None, dict[str, Any]]:
    """Returns a conversation as a prompt and as what the model takes.

    The prompt is None for models that take more than tokens and pixels (positions in two
    dimensions, a prefix that is read as a whole): what they read cannot be taken up again.

    Raises:
        ModelError: If there is no chat template, it refuses the conversation, or a picture cannot
            be shown.
    """
    handles = [handle for message in messages for handle in message.images]
    if handles and loaded.processor is None:
        raise ModelError(
            f"{len(handles)} pictures were to be shown, and the model sees none: expected text "
            "alone, or a model for images and text"
        )
    shown = [shrunk(pictures(handle), image_size) for handle in handles]
    inputs = dict(_templated(loaded, messages, shown))
    tokens = np.asarray(inputs["input_ids"][0], np.int64)
    if not inputs.keys() <= _TEXT | _PICTURES or (shown and loaded.picture_token is None):
        return None, inputs
    places = np.flatnonzero(tokens == loaded.picture_token).tolist() if shown else []
    prompt = Prompt(
        tokens=tokens,
        pictures=tuple(hashlib.sha256(picture).hexdigest() for picture in shown),
        first_picture=places[0] if places else None,
        last_picture=places[-1] if places else None,
    )
    return prompt, inputs


def without_pictures(inputs: dict[str, Any]) -> dict[str, Any]:
    """Returns what a model takes that has read all pictures already."""
    return {name: value for name, value in inputs.items() if name in _TEXT}


def _templated(loaded: Loaded, messages: Sequence[Message], shown: Sequence[bytes]) -> Any:
    from jinja2 import TemplateError

    renderer = loaded.tokenizer if loaded.processor is None else loaded.processor
    if not getattr(renderer, "chat_template", None):
        raise ModelError(
            "the model has no chat template: expected one in tokenizer_config.json or "
            "chat_template.jinja; take a model that was trained to hold conversations"
        )
    first: Exception | None = None
    for each in (messages, folded(messages)):
        try:
            return renderer.apply_chat_template(
                _turns(each, shown, parts=loaded.processor is not None),
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
        except TemplateError as error:
            first = first or error
        except (ValueError, TypeError, IndexError) as error:
            raise ModelError(f"the conversation cannot be prepared: {error}") from error
    raise ModelError(f"the model's chat template refuses the conversation: {first}") from first


def folded(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Returns a conversation in which user and assistant take turns and nobody else speaks.

    For templates that know no other: what the system says goes before what the user says.
    """
    turns: list[Message] = []
    for message in messages:
        role: Role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1].role == role:
            last = turns.pop()
            text = "\n\n".join(filter(None, (last.text, message.text)))
            turns.append(Message(role=role, text=text, images=last.images + message.images))
        else:
            turns.append(Message(role=role, text=message.text, images=message.images))
    return tuple(turns)


def _turns(messages: Sequence[Message], shown: Sequence[bytes], *, parts: bool) -> list[Any]:
    """Returns messages as templates take them: text alone, or parts, pictures first."""
    if not parts:
        return [{"role": message.role, "content": message.text} for message in messages]
    from PIL import Image

    pixels = iter(shown)
    return [
        {
            "role": message.role,
            "content": [
                *(
                    {"type": "image", "image": Image.open(io.BytesIO(next(pixels))).convert("RGB")}
                    for _ in message.images
                ),
                {"type": "text", "text": message.text},
            ],
        }
        for message in messages
    ]
