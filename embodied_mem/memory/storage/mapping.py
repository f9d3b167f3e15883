"""Maps a file, and more address space than it fills, so that it can grow in place.

Python's own `mmap` refuses to map beyond the end of a file, so the system is called directly.
"""

import ctypes
import errno
import mmap
import os
import weakref
from functools import lru_cache
from typing import Any, Final

from embodied_mem.errors import StoreError

_FAILED: Final = ctypes.c_void_p(-1).value
_NO_RESERVE: Final = 0x4000 if os.uname().sysname == "Linux" else 0x40
"""MAP_NORESERVE; Python's `mmap` names it from 3.13 on only."""


class Mapping:
    """Addresses that show a file; unmapped when the last array over them is gone.

    Only what lies in the file may be touched: beyond its end the system kills the process.

    Args:
        fileno: Descriptor of the file, mapped for reading; -1 maps fresh memory to write into.
        length: Bytes of address space to reserve; more than one page.
    """

    def __init__(self, fileno: int, length: int) -> None:
        self.length = length
        self.address = _map(fileno, length)
        self.__array_interface__: dict[str, Any] = {
            "version": 3,
            "typestr": "|u1",
            "shape": (length,),
            "data": (self.address, fileno >= 0),
        }
        # At the end of the process the system unmaps it, while arrays may still be in use.
        weakref.finalize(self, _libc().munmap, self.address, length).atexit = False


def _map(fileno: int, length: int) -> int:
    protection, flags = mmap.PROT_READ, mmap.MAP_SHARED | _NO_RESERVE
    if fileno < 0:
        protection |= mmap.PROT_WRITE
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
    address = _libc().mmap(None, length, protection, flags, fileno, 0)
    if address is None or address == _FAILED:
        number = ctypes.get_errno()
        if number == errno.ENOMEM:
            raise MemoryError(f"cannot reserve {length} bytes of address space")
        raise StoreError(f"cannot map a file of the memory: {os.strerror(number)}")
    return int(address)


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        *[ctypes.c_int] * 3,
        ctypes.c_long,
    ]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return libc
