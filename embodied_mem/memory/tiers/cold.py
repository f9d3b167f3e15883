"""Between warm and cold: which payloads stay whole in the live store, and which in the archive."""

from embodied_mem.errors import StoreError
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.tiers.heat import Policy


def balance(store: MemoryStore, policy: Policy, warm_bytes: int) -> None:
    """Keeps the payloads that are read most whole in the live store, and archives the others.

    The hottest come first, equally hot ones by how often they were read, then the newest; whole
    payloads are kept as far as `warm_bytes` reach. Where the layers lie is written in the rows,
    in one transaction each way, so a restart finds them so.

    Raises:
        StoreError: If the store was opened for reading.
    """
    if not store.writable:
        raise StoreError("this memory was opened for reading; open MemoryStore(path) to write")
    state, columns = store._state, store.columns
    held = [slot for slot in columns.slots().tolist() if columns.layers[slot] > 1]

    def rank(slot: int) -> tuple[float, int, str]:
        record_id = columns.ids[slot]
        return policy.heat(record_id), int(columns.reads[slot]), record_id

    rows = state.rows(held)
    back: list[int] = []
    aside: list[int] = []
    room = warm_bytes
    for slot in sorted(held, key=rank, reverse=True):
        heap = rows[slot][2]
        size = sum(extent.length for extent in heap.layers)
        if size <= room:
            room -= size
            if heap.archived:
                back.append(slot)
        elif heap.level > 1:
            aside.append(slot)
    if aside:
        store._budget.set_aside(aside[::-1])  # the coldest first, while there is room
    if back:
        store._budget.grow(back)
