"""Pictures for models: who builds a client says how a handle becomes a file of pixels."""

import base64
from collections.abc import Callable

import cv2
import numpy as np

from embodied_mem.errors import ModelError

PictureSource = Callable[[str], bytes]
"""Gives the JPEG or PNG file behind a handle of `Message.images`; a `ModelError` if it is gone."""

_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def no_pictures(handle: str) -> bytes:
    """Is the source of clients that were given none.

    Raises:
        ModelError: Always.
    """
    raise ModelError(f"the picture {handle!r} was to be shown, and no source of pictures was given")


def shrunk(picture: bytes, longest: int) -> bytes:
    """Returns a picture file whose longer side is at most `longest` pixels; as it is if smaller.

    Raises:
        ModelError: If it is no picture.
    """
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ModelError("what was to be shown is no picture: expected a JPEG or PNG file")
    factor = longest / max(pixels.shape[:2])
    if factor >= 1.0:
        return picture
    height, width = (max(1, round(side * factor)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def data_url(picture: bytes) -> str:
    """Returns a picture file as a `data:` URL, as servers take pictures.

    Raises:
        ModelError: If it is neither JPEG nor PNG.
    """
    kind = next((kind for start, kind in _KINDS.items() if picture.startswith(start)), None)
    if kind is None:
        raise ModelError("what was to be shown is no picture: expected a JPEG or PNG file")
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"
