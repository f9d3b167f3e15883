"""Whether a trainer that was stopped and went on is the one that never stopped."""

import numpy as np

from embodied_mem.allocation.training.snapshot import Snapshot


def bytes_of(snapshot):
    return {
        name: (array.dtype, array.shape, array.tobytes()) for name, array in snapshot.arrays.items()
    }


def assert_resumes_exactly(make, path, each=2):
    """Trains 2N updates in one go, and N and N with a checkpoint between.

    Args:
        make: Makes a trainer from a seed.
        path: Where the checkpoint is written.
        each: N.
    """
    whole = make(2)
    for _ in range(2 * each):
        whole.update()
    expected = whole.snapshot()
    first = make(2)
    for _ in range(each):
        first.update()
    first.snapshot().write(path)
    assert bytes_of(first.snapshot()) != bytes_of(expected)
    np.random.seed(99)  # noqa: NPY002 (another process starts anywhere)
    second = make(77)
    second.restore(Snapshot.read(path))
    for _ in range(each):
        second.update()
    found = second.snapshot()
    assert second.done == 2 * each
    assert bytes_of(found) == bytes_of(expected)
    assert found.values == expected.values
