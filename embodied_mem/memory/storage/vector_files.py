"""Where vectors lie: for each space one arena a layer, so that a scan reads one layer only."""

import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Literal, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.codec.vector_code import PLANES, VectorCode, plane_bytes
from embodied_mem.memory.storage.arena import Arena
from embodied_mem.memory.storage.folder import Folder
from embodied_mem.memory.storage.medium import PAGE
from embodied_mem.memory.storage.rows import ArenaRow, VectorPlace
from embodied_mem.types import Int64Array

Layer = Literal["signs", "planes", "exact"]
LAYERS: Final[tuple[Layer, ...]] = ("signs", "planes", "exact")

_RAM_BYTES: Final = 1 << 28
"""Address space of an arena in memory: there can be many such stores in a process."""


def arena_name(layer: str, space: int, generation: int) -> str:
    """Returns the file name of an arena."""
    return f"{layer}-{space:03d}-{generation:08d}.bin"


def arena_key(name: str) -> tuple[str, int, int] | None:
    """Returns layer, space and generation of an arena's file name, or None for another file."""
    layer, *numbers = name.removesuffix(".bin").split("-")
    if layer not in LAYERS or len(numbers) != 2 or not all(part.isdigit() for part in numbers):
        return None
    key = (layer, int(numbers[0]), int(numbers[1]))
    return key if name == arena_name(*key) else None


def row_bytes(layer: str, dimension: int) -> int:
    """Returns the bytes of a row."""
    plane = plane_bytes(dimension)
    return {"signs": plane, "planes": (PLANES - 1) * (plane + 4), "exact": 4 * dimension}[layer]


@final
class Space:
    """The vectors of one embedder and one dimension."""

    def __init__(self, number: int, name: str, dimension: int) -> None:
        self.number = number
        self.name = name
        self.dimension = dimension
        self.arenas: dict[tuple[str, int], Arena] = {}
        """By layer and generation."""
        self.current: dict[str, int] = {}
        """Generation that is appended to, by layer."""
        self.owner: Int64Array = np.full(64, -1, np.int64)
        """Slot of the record of each row of the current signs; -1 for dead rows."""
        self.vectors = 0
        """How many rows have an owner."""

    def own(self, row: int, slot: int) -> None:
        """Gives a row of the signs to a record, or with -1 to none."""
        self._reserve(row + 1)
        self.vectors += (slot >= 0) - bool(self.owner[row] >= 0)
        self.owner[row] = slot

    def own_all(self, rows: Int64Array, slots: NDArray[np.intp]) -> None:
        """Gives rows that nobody has to records."""
        if len(rows):
            self._reserve(int(rows.max()) + 1)
            self.owner[rows] = slots
            self.vectors += len(rows)

    def _reserve(self, rows: int) -> None:
        if rows > len(self.owner):
            grown = np.full(max(rows, 2 * len(self.owner)), -1, np.int64)
            grown[: len(self.owner)] = self.owner
            self.owner = grown


@final
class VectorFiles:
    """All spaces of a store."""

    def __init__(self, folder: Folder, next_number: Callable[[], int], *, write: bool) -> None:
        self._folder = folder
        self._next_number = next_number
        self._write = write
        self._unsynced: set[Arena] = set()
        self._new_names = False
        self.spaces: list[Space] = []

    def add_space(self, name: str, dimension: int) -> Space:
        """Makes a space; its number is its place in the list."""
        space = Space(len(self.spaces), name, dimension)
        self.spaces.append(space)
        return space

    def find(self, name: str, dimension: int) -> Space | None:
        """Returns the space of an embedder, or None where it has no vector yet."""
        for space in self.spaces:
            if space.name == name and space.dimension == dimension:
                return space
        return None

    def adopt(self, place: VectorPlace) -> None:
        """Learns from a record's row which generations are in use."""
        current = self.spaces[place.space].current
        for layer in LAYERS:
            row = getattr(place, layer)
            if row is not None and row.generation > current.get(layer, 0):
                current[layer] = row.generation

    def arena(self, space: Space, layer: str, generation: int, *, create: bool = False) -> Arena:
        """Opens an arena.

        Raises:
            MemoryFileError: If it is missing and not to be created.
        """
        arena = space.arenas.get((layer, generation))
        if arena is None:
            name = arena_name(layer, space.number, generation)
            try:
                file = self._folder.open(name, create=create, write=self._write)
            except FileNotFoundError:
                raise MemoryFileError(
                    f"the memory's file {name} is missing; put it back, or keep the records "
                    "without these vectors by `embodied-mem inspect --repair`"
                ) from None
            stride = row_bytes(layer, space.dimension)
            arena = Arena(file, stride, None if file.fileno() >= 0 else _RAM_BYTES // stride)
            space.arenas[layer, generation] = arena
        return arena

    def append(self, space: Space, codes: Sequence[VectorCode]) -> list[VectorPlace]:
        """Writes vectors; returns where each lies. They are not yet on the disk."""
        rows = [self._append_layer(space, layer, codes) for layer in LAYERS]
        return [
            VectorPlace(space.number, space.dimension, code.scale, *places)
            for code, *places in zip(codes, *rows, strict=True)
        ]

    def _append_layer(
        self, space: Space, layer: str, codes: Sequence[VectorCode]
    ) -> list[ArenaRow | None]:
        parts = [getattr(code, layer) for code in codes]
        held = [part for part in parts if part]
        if not held:
            return [None] * len(parts)
        arena = self._appendable(space, layer)
        row = arena.append(b"".join(held))
        self._unsynced.add(arena)
        generation = space.current[layer]
        places: list[ArenaRow | None] = []
        for part in parts:
            places.append(ArenaRow(generation, row, zlib.crc32(part)) if part else None)
            row += bool(part)
        return places

    def _appendable(self, space: Space, layer: str) -> Arena:
        if layer not in space.current:
            self.start_generation(space, layer)
        return self.arena(space, layer, space.current[layer])

    def start_generation(self, space: Space, layer: str) -> Arena:
        """Begins a new file for a layer; what comes next is appended there."""
        generation = space.current[layer] = self._next_number()
        self._new_names = True
        return self.arena(space, layer, generation, create=True)

    def unsynced(self, arena: Arena) -> None:
        """Notes that an arena was written to."""
        self._unsynced.add(arena)

    def replace_missing(self, space: Space, layer: str) -> None:
        """Begins a new file for a layer whose file is gone; only a repair does this."""
        generation = space.current.get(layer)
        if generation is not None:
            try:
                self.arena(space, layer, generation)
            except MemoryFileError:
                self.start_generation(space, layer)

    def read_layer(self, place: VectorPlace, layer: str) -> bytes | None:
        """Reads one layer; None where it is missing or does not match its checksum."""
        row: ArenaRow | None = getattr(place, layer)
        if row is None:
            return None
        try:
            arena = self.arena(self.spaces[place.space], layer, row.generation)
        except (MemoryFileError, IndexError):
            return None
        if row.row >= len(arena):
            return None
        data = bytes(arena.row(row.row))
        return data if zlib.crc32(data) == row.crc else None

    def read(self, place: VectorPlace) -> VectorCode | None:
        """Reads a vector; None where any layer that it should have is damaged."""
        parts: dict[str, bytes] = dict.fromkeys(LAYERS, b"")
        for layer in LAYERS:
            if getattr(place, layer) is None:
                continue
            data = self.read_layer(place, layer)
            if data is None:
                return None
            parts[layer] = data
        return VectorCode(place.dimension, place.scale, **parts)

    def rewrite(self, place: VectorPlace, code: VectorCode) -> None:
        """Writes a vector again where it should lie; recovery does this for staged records."""
        for layer in LAYERS:
            row = getattr(place, layer)
            if row is not None:
                space = self.spaces[place.space]
                arena = self.arena(space, layer, row.generation, create=True)
                arena.overwrite(row.row, getattr(code, layer))
                self._unsynced.add(arena)

    def syncs(self) -> list[Callable[[], None]]:
        """Returns what has to be run so that all that was appended lies on the disk."""
        jobs: list[Callable[[], None]] = [partial(self._sync_arena, a) for a in self._unsynced]
        return [*jobs, self._sync_names] if self._new_names else jobs

    def sync(self) -> None:
        """Returns when all that was appended lies on the disk."""
        for job in self.syncs():
            job()

    def _sync_arena(self, arena: Arena) -> None:
        arena.sync()
        self._unsynced.discard(arena)

    def _sync_names(self) -> None:
        self._folder.sync()
        self._new_names = False

    def names(self) -> dict[str, tuple[str, int, int]]:
        """Lists the arena files in the folder with layer, space and generation."""
        found = {name: arena_key(name) for name in self._folder.names()}
        return {name: key for name, key in found.items() if key is not None}

    def remove(self, layer: str, number: int, generation: int) -> None:
        """Removes an arena's file; whoever has it mapped can still read it."""
        if number < len(self.spaces):
            space = self.spaces[number]
            arena = space.arenas.pop((layer, generation), None)
            if arena is not None:
                self._unsynced.discard(arena)
                arena.close()
            if space.current.get(layer) == generation:
                del space.current[layer]
        self._folder.remove(arena_name(layer, number, generation))

    def disk_bytes(self) -> int:
        """Returns the bytes of all open arenas in whole blocks; for a writer these are all."""
        return sum(
            -(-len(arena) * arena.stride // PAGE) * PAGE
            for space in self.spaces
            for arena in space.arenas.values()
        )

    def close(self) -> None:
        """Closes all files."""
        for space in self.spaces:
            for arena in space.arenas.values():
                arena.close()
            space.arenas.clear()
