"""Sizes on the command line: `64MiB`, `1.5GB`, `65536`."""

import re
from typing import Annotated, Final

from tyro.constructors import PrimitiveConstructorSpec

_UNITS: Final[dict[str, int]] = {"": 1, "b": 1} | {
    prefix + suffix: base**power
    for power, prefix in enumerate(("k", "m", "g", "t"), start=1)
    for suffix, base in (("", 1024), ("ib", 1024), ("b", 1000))
}
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Reads a number of bytes.

    Raises:
        ValueError: If it is no size.

    >>> parse_size("64MiB"), parse_size("1.5kB"), parse_size("300")
    (67108864, 1500, 300)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError(f"{text!r} is no size; write one like 64MiB, 1.5GB or 65536")
    return round(float(match[1]) * _UNITS[match[2].lower()])


def readable_size(size: int) -> str:
    """Writes a number of bytes so that `parse_size` reads the same.

    >>> readable_size(64 << 20), readable_size(1500)
    ('64MiB', '1500')
    """
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


ByteSize = Annotated[
    int,
    PrimitiveConstructorSpec(
        nargs=1,
        metavar="SIZE",
        instance_from_str=lambda texts: parse_size(texts[0]),
        is_instance=lambda value: isinstance(value, int),
        str_from_instance=lambda value: [readable_size(value)],
    ),
]
"""A number of bytes that may be given with a unit."""
