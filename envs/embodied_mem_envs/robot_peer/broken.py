"""Pictures that no sane camera sends, and that a brain must survive."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from embodied_mem.robots.dds.messages import Header, Image, Time

BROKEN: dict[str, Callable[[Image], Image]] = {
    "too little data": lambda image: replace(image, data=bytes(image.data)[:-7]),
    "too much data": lambda image: replace(image, data=bytes(image.data) + b"\0" * 1001),
    "rows shorter than pixels": lambda image: replace(image, step=image.step // 2),
    "an unknown encoding": lambda image: replace(image, encoding="32SC7"),
    "no rows at all": lambda image: replace(image, height=0, width=0, step=0, data=b""),
    "a size beyond all bounds": lambda image: replace(image, height=2**31, width=2**31 + 5),
    "a stamp that is none": lambda image: replace(
        image, header=replace(image.header, stamp=Time(sec=-5, nanosec=4_000_000_000))
    ),
    "the encoding of the other picture": lambda image: replace(image, encoding="mono8"),
}
"""Every way in which a picture can be broken, by what is wrong with it. What is not even a message
of its type cannot be sent: Cyclone DDS refuses such bytes at both ends."""


def broken_image(number: int, image: Image) -> Image:
    """Returns a picture broken in one of all ways, which take turns with the number."""
    return list(BROKEN.values())[number % len(BROKEN)](image)


def oversized_image(header: Header, size: int) -> Image:
    """Returns a well-formed picture of at least so many bytes."""
    side = int(np.ceil(np.sqrt(size / 3)))
    return Image(
        header=header,
        height=side,
        width=side,
        encoding="rgb8",
        step=3 * side,
        data=np.zeros(3 * side * side, np.uint8),
    )
