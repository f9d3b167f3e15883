"""Counts what a forward pass leaves behind for the gradient."""

from collections.abc import Iterable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, Self, final

from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef


def storage_of(tensor: Tensor) -> StorageWeakRef:
    """Returns which memory a tensor lies in; the same for all views of it, even once it is gone."""
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def storages_of(tensors: Iterable[Tensor]) -> frozenset[StorageWeakRef]:
    """Returns the distinct storages of tensors."""
    return frozenset(storage_of(tensor) for tensor in tensors)


@final
class SavedBytes:
    """Counts the bytes that autograd saves while it is open: distinct storages, each once, whole.

    A storage counts in full where a view of it is saved, since the view holds all of it. The inputs
    that `torch.utils.checkpoint` holds count, what it computes again does not. Not counted: what is
    given as `known`. Autograd shows what is saved to the innermost hooks alone, so that hooks of
    others have to `note_held` what they hold, as `Stages` does.

    >>> import torch
    >>> layer = torch.nn.Linear(4, 8)
    >>> with SavedBytes(layer.parameters()) as saved:
    ...     result = layer(torch.ones(2, 4)).tanh().square().sum()
    >>> saved.total  # what went in is 32 bytes, and what tanh returned 64
    96
    """

    def __init__(self, known: Iterable[Tensor] = ()) -> None:
        """Counts nothing yet.

        Args:
            known: Tensors that are there anyhow: parameters, and what goes into the model.
        """
        self._known = storages_of(known)
        self._bytes: dict[StorageWeakRef, int] = {}
        self._hooks = saved_tensors_hooks(_held, _same)
        self._outer: tuple[SavedBytes, ...] = ()

    @property
    def total(self) -> int:
        """Bytes held so far."""
        return sum(self._bytes.values())

    def __enter__(self) -> Self:
        self._outer = _OPEN.get()
        _OPEN.set((*self._outer, self))
        self._hooks.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hooks.__exit__(kind, error, trace)
        _OPEN.set(self._outer)

    def add(self, tensor: Tensor) -> None:
        """Counts a tensor, once."""
        storage = storage_of(tensor)
        if storage not in self._known:
            self._bytes[storage] = tensor.untyped_storage().nbytes()


_OPEN: Final[ContextVar[tuple[SavedBytes, ...]]] = ContextVar("open meters", default=())


def note_held(tensor: Tensor) -> None:
    """Tells all open meters that hooks hold a tensor for the gradient."""
    for meter in _OPEN.get():
        meter.add(tensor)


def unhooked(tensor: Tensor) -> Tensor:
    """Returns what a hook keeps of a tensor that stays in memory.

    An operation's own result would hold the operation that holds it, for ever if nothing ever goes
    backward through it.
    """
    return tensor.detach()


def _held(tensor: Tensor) -> Tensor:
    note_held(tensor)
    return unhooked(tensor)


def _same(packed: Any) -> Any:
    return packed
