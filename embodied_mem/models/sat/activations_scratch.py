"""Tensors that wait for the gradient in a file."""

import os
import tempfile
from typing import Any, final

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.models.sat.activations_meter import storage_of


@final
class Scratch:
    """A file that holds storages from the forward to the backward pass.

    It lies where `tempfile` puts files (`TMPDIR`; a folder in RAM would save nothing) and has no
    name from its first moment on, so that nothing stays behind however the process ends. It is
    filled from its start again as soon as nothing in it is held any more, which is after each
    backward pass: it grows to what one step puts there.
    """

    def __init__(self) -> None:
        """Opens the file.

        Raises:
            OSError: If there is no folder for it.
        """
        self._file = tempfile.TemporaryFile(prefix="embodied_mem.", buffering=0)  # noqa: SIM115
        self._end = 0
        self._held = 0

    def put(self, data: Tensor) -> int:
        """Writes (n,) uint8 of the CPU; returns where.

        Raises:
            EmbodiedMemError: If the disk is full.
        """
        start, left = self._end, data.numpy().data
        try:
            while len(left):
                left = left[os.pwrite(self._file.fileno(), left, self._end) :]
                self._end = start + len(data) - len(left)
        except OSError as error:
            self._end = start
            raise EmbodiedMemError(
                f"{len(data)} bytes of activations do not fit into {tempfile.gettempdir()}; "
                f"name a larger folder by TMPDIR, or offload less ({error})"
            ) from error
        self._held += 1
        return start

    def get(self, start: int, into: Tensor) -> None:
        """Reads into (n,) uint8 of the CPU."""
        left = into.numpy().data
        while len(left):
            count = os.preadv(self._file.fileno(), [left], start)
            start, left = start + count, left[count:]

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def drop(self) -> None:
        """Says that one thing put there is not needed any more."""
        self._held -= 1
        if not self._held:
            self._end = 0


@final
class Offloaded:
    """A storage of which the first bytes stay and the others are in the file, while it lives."""

    def __init__(self, tensor: Tensor, share: float, scratch: Scratch) -> None:
        """Copies a tensor's storage.

        Args:
            tensor: Any view of it.
            share: Of its bytes that stay in memory, 0 to below 1.
            scratch: Takes the others.
        """
        data = _bytes_of(tensor)
        stays = int(share * len(data))
        self.head = data[:stays].clone()
        """(k,) uint8, the bytes that stay in memory."""
        self._length = len(data)
        self._scratch = scratch
        self._start = scratch.put(data[stays:].cpu())

    def restored(self) -> torch.UntypedStorage:
        """Returns the storage as it was."""
        tail = torch.empty(self._length - len(self.head), dtype=torch.uint8)
        self._scratch.get(self._start, tail)
        if not len(self.head) and self.head.device == tail.device:
            return tail.untyped_storage()
        return torch.cat((self.head, tail.to(self.head.device))).untyped_storage()

    def __del__(self) -> None:
        if hasattr(self, "_start"):
            self._scratch.drop()


@final
class OffloadedTensor:
    """A view of a storage that is in the file."""

    def __init__(self, tensor: Tensor, storage: Offloaded) -> None:
        self.head = storage.head
        """(k,) uint8, the bytes of its storage that stay in memory."""
        self._storage = storage
        self._kind = (tensor.dtype, tensor.device)
        self._view = (tensor.storage_offset(), tensor.size(), tensor.stride())

    def restored(self) -> Tensor:
        """Returns the tensor as it was."""
        dtype, device = self._kind
        empty = torch.empty(0, dtype=dtype, device=device)
        return empty.set_(self._storage.restored(), *self._view)


@final
class Offloader:
    """Puts tensors into the file, each storage once however often it is saved."""

    def __init__(self) -> None:
        self._scratch: Scratch | None = None
        self._held: dict[StorageWeakRef, Offloaded] = {}

    def pack(self, tensor: Tensor, share: float) -> OffloadedTensor:
        """Returns what stands for a tensor, of which a share stays in memory."""
        if self._scratch is None:
            self._scratch = Scratch()
        storage = storage_of(tensor)
        held = self._held.get(storage)
        if held is None:
            held = self._held[storage] = Offloaded(tensor, share, self._scratch)
        return OffloadedTensor(tensor, held)

    def forget(self) -> None:
        """Ends a forward pass: from here on only the gradient's graph holds what was put away.

        Autograd refuses a graph whose saved tensors were written to, so that within a pass a
        storage that is saved again still holds the same.
        """
        self._held.clear()

    def __getstate__(self) -> dict[str, Any]:
        # A copy in another process, or of the model, has a file of its own.
        return {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()


def _bytes_of(tensor: Tensor) -> Tensor:
    empty = torch.empty(0, dtype=torch.uint8, device=tensor.device)
    return empty.set_(tensor.untyped_storage())
