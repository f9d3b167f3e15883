"""Pictures shown to tiny vision-language models: they are read, and told apart."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import ModelError
from embodied_mem.models import Message
from embodied_mem.models.local import Transformers, TransformersConfig
from tiny_models import noise

FAMILIES = ("llava", "llava_next", "idefics3", "gemma3")
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def client(folder: Path, **settings: Any) -> Transformers:
    settings = {"max_new_tokens": 24, "closing": 16, "threads": 1, **settings}
    return Transformers(str(folder), pictures=noise, config=TransformersConfig(**settings))


def said(text: str, *images: str) -> Message:
    return Message(role="user", text=text, images=images)


def scores(seer: Transformers, *images: str) -> Any:
    """Returns what a model makes of a conversation: the scores of its next token."""
    import torch

    from embodied_mem.models.local.conversation import read_in

    seer.load()
    assert seer._ready is not None
    loaded = seer._ready.loaded
    _, inputs = read_in(loaded, [said("?", *images)], pictures=noise, image_size=768)
    with torch.no_grad():
        return loaded.model(**inputs).logits[0, -1].numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_written_follows_the_schema(tiny: Any, family: str) -> None:
    done = client(tiny(family)).complete([said("What is this?", "mug")], schema=SCHEMA)
    assert isinstance(msgspec.json.decode(done.text)["a"], str)


@pytest.mark.parametrize("family", FAMILIES)
def test_words_alone_are_read_too(tiny: Any, family: str) -> None:
    seer = client(tiny(family))
    plain = seer.complete([said("What is this?")], schema=SCHEMA)
    shown = seer.complete([said("What is this?", "mug")], schema=SCHEMA)
    assert shown.prompt_tokens > plain.prompt_tokens


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_sees_which_picture_it_is_shown(tiny: Any, family: str) -> None:
    seer = client(tiny(family))
    mug, again, bowl = (scores(seer, handle) for handle in ("mug", "mug", "bowl"))
    assert np.array_equal(mug, again) and not np.allclose(mug, bowl, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_pictures_are_shown_in_their_order(tiny: Any, family: str) -> None:
    seer = client(tiny(family))
    assert not np.allclose(scores(seer, "mug", "bowl"), scores(seer, "bowl", "mug"), atol=1e-6)


def test_pictures_are_shrunk_before_they_are_read(tiny: Any) -> None:
    large = client(tiny("llava_next"), image_size=768).complete([said("?", "mug")])
    small = client(tiny("llava_next"), image_size=8).complete([said("?", "mug")])
    assert small.prompt_tokens <= large.prompt_tokens


def test_a_picture_that_is_gone_is_told(tiny: Any) -> None:
    with pytest.raises(ModelError, match="no source of pictures was given"):
        Transformers(str(tiny("llava"))).complete([said("?", "mug")])


def test_words_that_stand_for_pictures_are_no_pictures(tiny: Any) -> None:
    with pytest.raises(ModelError, match="cannot be prepared"):
        client(tiny("llava")).complete([said("Look: <image>", "mug")])
