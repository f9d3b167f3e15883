"""The seam for whoever keeps or makes something from a store's records: caches and derivers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """A derived record that was erased with one of its sources; nothing of its content."""

    id: str
    kind: str
    tag: str
    """The `type` of its content, such as `visit`; empty where it had none."""
    session: str
    place: str | None
    observer: str
    sources: tuple[str, ...]
    """Ids of its sources that are left."""


class Dependent(Protocol):
    """Holds copies of records outside the store, or derives records from them."""

    def let_go(self, ids: Collection[str]) -> None:
        """Drops all that it holds of some records, in memory and on the disk.

        Called before anything is erased; to be called twice must do no harm.
        """
        ...

    def rebuild(self, lost: Sequence[Lost]) -> Sequence[str]:
        """Derives anew, from what is left, what was lost; returns the ids of what it wrote.

        Called when nothing is left of what was erased. What another made is passed over.
        """
        ...


class Depended(Protocol):
    """What dependents attach to; a `MemoryStore`."""

    dependents: tuple[Dependent, ...]


def attach(store: Depended, dependent: Dependent) -> None:
    """Has `MemoryStore.forget` tell a dependent; attaching it twice is the same as once."""
    if all(each is not dependent for each in store.dependents):
        store.dependents = (*store.dependents, dependent)
