"""Frames in memory that a worker shares: handed out without a copy, and never written over."""

import mmap
import weakref
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from embodied_mem.types import AnyArray
from embodied_mem_envs.worker import HEADER_BYTES, Layout


@final
class SharedFrames:
    """The slots of the shared memory, and who still looks at them.

    A frame stays as it is for as long as anybody holds one of its arrays: the worker is only ever
    told to write into slots that nobody holds. Whoever keeps more frames than there are slots gets
    copies, which changes nothing but the time it takes.
    """

    def __init__(self, memory: int, layout: Layout) -> None:
        """Maps the memory.

        Args:
            memory: File descriptor of the shared memory, already as large as the layout needs.
            layout: Where the planes are; at least 2 slots.
        """
        self._layout = layout
        self._map = mmap.mmap(memory, layout.total_bytes)
        # The last slot is never handed out, so there is always one to write into.
        self._free = list(range(layout.slots - 1))
        self._held: dict[int, weakref.ref[AnyArray]] = {}

    @property
    def slot(self) -> int:
        """The slot that the next frame goes into."""
        return self._free[-1] if self._free else self._layout.slots - 1

    @property
    def held(self) -> int:
        """How many slots somebody still looks at."""
        return len(self._held)

    def take(self, slot: int, number: int) -> Mapping[str, AnyArray]:
        """Hands out the frame that was written into `slot`.

        Args:
            slot: What `slot` was before the request.
            number: Of the request; the worker leaves it in the slot when the frame is whole.

        Returns:
            The planes by name.

        Raises:
            ValueError: If the frame in the slot is another one or not whole.
        """
        root = np.frombuffer(
            self._map, np.uint8, self._layout.slot_bytes, offset=self._layout.start(slot)
        )
        found = int(root[:8].view(np.uint64)[0])
        if found != number:
            raise ValueError(f"the slot holds frame {found} where {number} was asked for")
        planes: dict[str, AnyArray] = self._layout.views(root)
        if not self._free:
            return {name: plane.copy() for name, plane in planes.items()}
        self._free.remove(slot)
        self._held[slot] = weakref.ref(root, lambda _: self._release(slot))
        return planes

    def _release(self, slot: int) -> None:
        del self._held[slot]
        self._free.append(slot)


def last_beat(memory: int) -> float | None:
    """Returns when the worker's heart beat last, by `time.monotonic`; None before the first."""
    try:
        with mmap.mmap(memory, HEADER_BYTES) as header:
            found = float(np.frombuffer(header[:8], np.float64)[0])
    except (ValueError, OSError):  # still empty
        return None
    return found or None


def layout_of(opened: Mapping[str, Any]) -> Layout:
    """Returns the layout that a worker's answer to `open` describes, checked.

    Raises:
        ValueError: If the worker lays its planes out in another way than this end.
    """
    planes = {
        str(name): (tuple(int(n) for n in shape), str(dtype))
        for name, shape, dtype, _ in opened["planes"]
    }
    layout = Layout(planes, int(opened["slots"]))
    if [offset for *_, offset in opened["planes"]] != [plane[3] for plane in layout.planes]:
        raise ValueError("the worker lays its frames out differently")
    return layout
