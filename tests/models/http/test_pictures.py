"""Pictures in messages: shrunk, sent behind their message's text, in order."""

import base64
from contextlib import closing

import cv2
import numpy as np
import pytest

from embodied_mem.errors import ModelError
from embodied_mem.models import Message
from embodied_mem.models.http import Http, HttpConfig
from stub_chat import running_stub, says


def picture(height: int, width: int, extension: str = ".jpg") -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(extension, pixels)[1].tobytes()


FILES = {"wide": picture(300, 600), "small": picture(48, 64, ".png"), "text": b"no picture"}


def test_pictures_are_sent_as_small_as_asked_and_in_order() -> None:
    asked = [Message(role="user", text="What is there?", images=("wide", "small"))]
    config = HttpConfig(image_size=128)
    with (
        running_stub(says("a room")) as stub,
        closing(Http(config, base_url=stub.url, pictures=FILES.__getitem__)) as client,
    ):
        completion = client.complete(asked)
    text, wide, small = stub.requests[0]["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is there?"}
    assert [pixels_of(part).shape[:2] for part in (wide, small)] == [(64, 128), (48, 64)]
    assert small["image_url"]["url"].startswith("data:image/png;base64,")
    assert completion.prompt_tokens == 4 + 2 * (128 // 28) ** 2


def pixels_of(part: dict[str, dict[str, str]]) -> np.ndarray:
    coded = part["image_url"]["url"].partition("base64,")[2]
    return cv2.imdecode(np.frombuffer(base64.b64decode(coded), np.uint8), cv2.IMREAD_COLOR)


def test_what_is_no_picture_is_not_sent() -> None:
    asked = [Message(role="user", text="See:", images=("text",))]
    with (
        running_stub(says("a room")) as stub,
        closing(Http(base_url=stub.url, pictures=FILES.__getitem__)) as client,
        pytest.raises(ModelError, match="no picture"),
    ):
        client.complete(asked)
    assert stub.requests == []


def test_a_client_without_a_source_says_so() -> None:
    asked = [Message(role="user", text="See:", images=("wide",))]
    with (
        running_stub(says("a room")) as stub,
        closing(Http(base_url=stub.url)) as client,
        pytest.raises(ModelError, match="no source of pictures"),
    ):
        client.complete(asked)
