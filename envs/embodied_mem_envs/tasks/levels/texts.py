"""Words as fixed rows of bytes, for spaces that know no texts."""

from collections.abc import Sequence

import numpy as np

from embodied_mem.types import UInt8Array


def encode(text: str, length: int) -> UInt8Array:
    """Returns (length,) UTF-8 bytes, filled up with zeros; what is too long is cut.

    >>> bytes(encode("Größe", 3)).rstrip(bytes(1)).decode()
    'Gr'
    """
    data = text.encode()[:length].decode(errors="ignore").encode()  # no character is cut in half
    result = np.zeros(length, np.uint8)
    result[: len(data)] = np.frombuffer(data, np.uint8)
    return result


def encode_all(texts: Sequence[str], count: int, length: int) -> UInt8Array:
    """Returns (count * length,) bytes of up to `count` texts, one behind the other."""
    rows = [encode(text, length) for text in texts[:count]]
    rows += [np.zeros(length, np.uint8)] * (count - len(rows))
    return np.concatenate(rows) if rows else np.zeros(0, np.uint8)


def decode(row: UInt8Array) -> str:
    """Returns the text of a row that `encode` made."""
    return bytes(row).rstrip(b"\0").decode()
