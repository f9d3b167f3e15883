import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.perception.components import (
    Contacts,
    label_boxes,
    label_quantiles,
    linked_components,
    median,
    merge_labels,
)


def test_only_linked_pixels_are_joined() -> None:
    nodes = np.ones((2, 4), dtype=bool)
    nodes[1, 3] = False
    right = np.array([[True, False, True], [True, True, True]])
    down = np.array([[False, False, True, True]])
    labels = linked_components(nodes, right, down)
    assert labels[0, 0] == labels[0, 1]
    assert labels[0, 1] != labels[0, 2]
    assert labels[0, 2] == labels[1, 2] == labels[1, 0]
    assert labels[0, 2] == labels[0, 3]
    assert labels[1, 3] == 0


def test_contacts_count_the_links_of_each_pair_once() -> None:
    labels = np.array([[1, 1, 2], [1, 3, 2]], np.int32)
    right, down = np.ones((2, 2), dtype=bool), np.ones((1, 3), dtype=bool)
    contacts = Contacts.of(labels, right, down)
    pairs = zip(contacts.first, contacts.second, contacts.links, strict=True)
    assert sorted(tuple(map(int, pair)) for pair in pairs) == [(1, 2, 1), (1, 3, 2), (2, 3, 1)]
    down[0, 1] = right[1, 0] = False
    assert 3 not in Contacts.of(labels, right, down).first
    assert (Contacts.of(labels, right, down).links == 1).all()


def test_merging_is_transitive_and_keeps_the_background() -> None:
    groups = merge_labels(6, np.array([1, 3]), np.array([3, 5]))
    assert groups.tolist() == [0, 1, 2, 1, 3, 1]


@given(st.integers(0, 2**32 - 1))
def test_quantiles_and_boxes_agree_with_the_plain_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, (6, 7)).astype(np.int32)
    points = rng.uniform(-20, 20, (6, 7, 3)).astype(np.float32)
    low, high = label_quantiles(labels, points[..., 0], (0.0, 1.0), 6)
    box_low, box_high = label_boxes(labels, points, 6)
    for label in range(1, 6):
        inside = points[labels == label]
        if len(inside) == 0:
            assert np.isnan([low[label], high[label], *box_low[label]]).all()
            continue
        np.testing.assert_allclose(low[label], inside[:, 0].min(), atol=2e-3)
        np.testing.assert_allclose(high[label], inside[:, 0].max(), atol=2e-3)
        np.testing.assert_array_equal(box_low[label], inside.min(axis=0))
        np.testing.assert_array_equal(box_high[label], inside.max(axis=0))


def test_median_is_the_upper_one() -> None:
    assert median(np.array([3.0, 1.0, 2.0], np.float32)) == 2.0
    assert median(np.array([4.0, 1.0], np.float32)) == 4.0
