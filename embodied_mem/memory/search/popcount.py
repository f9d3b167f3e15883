"""How many bits differ: the kernel that a search spends its time in."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.types import AnyArray, UInt8Array

_BLOCK: Final = 1 << 14
"""Rows that numpy counts at a time: its working arrays then stay in the cache."""

Kernel = Callable[[UInt8Array, UInt8Array], AnyArray]
"""(w,) bytes and (n, w) rows of bytes -> (n,) numbers of bits that differ, of any number type."""


def best_kernel() -> Kernel:
    """Returns the SIMD kernel of the extra `search` where it is installed, else numpy's."""
    return numpy_kernel if _simsimd() is None else simsimd_kernel


def simsimd_kernel(query: UInt8Array, rows: UInt8Array) -> AnyArray:
    """Counts with simsimd.

    Raises:
        MissingExtraError: If it is not installed.
    """
    simsimd = _simsimd()
    if simsimd is None:
        raise MissingExtraError("the SIMD kernel of searches", "search")
    if len(rows) == 0:
        return np.zeros(0)
    counts: AnyArray = np.asarray(simsimd.cdist(query[None], rows, "hamming", dtype="bin8"))[0]
    return counts


def numpy_kernel(query: UInt8Array, rows: UInt8Array) -> AnyArray:
    """Counts with numpy, column by column: a sum over short rows costs more than all the rest."""
    word = np.uint64 if rows.shape[1] % 8 == 0 and rows.flags.c_contiguous else np.uint8
    words, wanted = rows.view(word), query.view(word)
    counts = np.empty(len(words), np.uint16)
    for start in range(0, len(words), _BLOCK):
        block, count = words[start : start + _BLOCK], counts[start : start + _BLOCK]
        count[:] = np.bitwise_count(block[:, 0] ^ wanted[0])
        for column in range(1, words.shape[1]):
            count += np.bitwise_count(block[:, column] ^ wanted[column])
    return counts


@lru_cache(maxsize=1)
def _simsimd() -> Any:
    try:
        import simsimd
    except ImportError:
        return None
    return simsimd
