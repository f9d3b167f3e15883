"""A memory that is written and read step by step, for agents that live in time."""

from typing import final

import torch
from torch import Tensor

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.core import Core
from embodied_mem.models.sat.entries import Entries
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.pose import FREQUENCIES


@final
class MemoryCache:
    """B memories of N slots, of which every entry's keys and values are made once.

    A frame is encoded when it is written, and nothing of it is ever computed again: neither what
    else is in memory nor the time that has passed changes its keys and values. Reading gives what
    `SpatiallyAwareTransformer.forward` gives for the same entries. No gradient goes through it.

    Args:
        model: Trained; its weights must not change while the cache is in use.
        memories: B.
        capacity: N, slots of each.

    Raises:
        ConfigError: If the model is the published one, whose time is that of the slot.
    """

    @torch.no_grad()
    def __init__(self, model: SpatiallyAwareTransformer, *, memories: int, capacity: int) -> None:
        if not isinstance(model.core, Core):
            raise ConfigError("the published model has no cache: a slot's time changes with others")
        self._model, self._core, config = model, model.core, model.config
        device = next(model.parameters()).device
        slots, depth = (memories, capacity), config.width // config.heads
        depth += 2 * FREQUENCIES if config.place == "pose" else 0
        shape = (memories, config.heads, capacity, depth)
        self._keys = [torch.zeros(shape, device=device) for _ in range(config.layers)]
        self._values = [torch.zeros(shape, device=device) for _ in range(config.layers)]
        self.time = torch.zeros(slots, dtype=torch.int64, device=device)
        """(B, N) ticks."""
        self.place = torch.full(slots, -1, dtype=torch.int64, device=device)
        """(B, N)."""
        self.held = torch.zeros(slots, dtype=torch.bool, device=device)
        """(B, N), whether there is an entry."""

    @torch.no_grad()
    def write(
        self,
        slots: Tensor,
        frames: Tensor,
        *,
        time: Tensor,
        place: Tensor | None = None,
        pose: Tensor | None = None,
    ) -> None:
        """Writes one entry into each memory, over what is in its slot.

        Args:
            slots: (B,) int64; -1 for a memory into which nothing is written.
            frames: (B, ...), as the encoder takes them; those not written are passed over.
            time: (B,) int64 ticks.
            place: (B,) int64, -1 where it is not known; None where none is.
            pose: (B, P), where poses are told.

        Raises:
            ConfigError: If a slot is beyond the capacity.
        """
        if int(slots.max()) >= self.held.shape[1]:
            raise ConfigError(f"slot {int(slots.max())} of a memory of {self.held.shape[1]} slots")
        row = (slots >= 0).nonzero()[:, 0]
        if not len(row):
            return
        slot, time = slots[row], time[row]
        place = torch.full_like(time, -1) if place is None else place[row]
        content = self._model.encoder(frames[row])[:, None]
        where = self._core.situation(
            time[:, None], place[:, None], None if pose is None else pose[row, None]
        )
        mixed = self._core.mixed(content, where)
        for number, layer in enumerate(self._core.each_layer()):
            key, value = layer.memory.entries(content, mixed, where)
            self._keys[number][row, :, slot] = key[:, :, 0]
            self._values[number][row, :, slot] = value[:, :, 0]
        self.time[row, slot], self.place[row, slot] = time, place
        self.held[row, slot] = True

    def forget(self, slots: Tensor) -> None:
        """Empties slots.

        Args:
            slots: (B,) int64; -1 for a memory that keeps all.
        """
        row = (slots >= 0).nonzero()[:, 0]
        self.held[row, slots[row]] = False

    def clear(self, memories: Tensor) -> None:
        """Empties whole memories.

        Args:
            memories: (B,) bool, which.
        """
        self.held[memories] = False

    @torch.no_grad()
    def read(
        self,
        frames: Tensor,
        *,
        time: Tensor,
        place: Tensor | None = None,
        pose: Tensor | None = None,
        extra: Tensor | None = None,
    ) -> Tensor:
        """Returns (B, Q, T, width), what the tokens of each query know after reading.

        Args:
            frames: (B, Q, T, ...), as the encoder takes them.
            time: (B, Q, T) int64 ticks.
            place: (B, Q, T) int64, -1 where it is not known; None where none is.
            pose: (B, Q, T, P), where poses are told.
            extra: (B, Q, T, width) to be added to the tokens.
        """
        core = self._core
        place = torch.full_like(time, -1) if place is None else place
        content = self._model.encoder(frames.flatten(0, 2)).view(*time.shape, -1)
        asked = core.asked(time, place, pose)
        state = core.tokens(content, extra, asked)
        chunks = core.chunks(self.time, self.place, self.held)
        for layer, key, value in zip(core.each_layer(), self._keys, self._values, strict=True):
            entries = Entries(key=key, value=value, held=self.held, chunks=chunks)
            state = layer(state, asked, entries)
        read: Tensor = core.norm(state)
        return read
