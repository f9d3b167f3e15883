import numpy as np
import pytest

from embodied_mem.perception import ColourShapeEmbedder, InstanceSegmenter, Segmentation
from painted_world import PaintedBox, PaintedWorld

RED, BLUE = (200, 40, 40), (40, 70, 200)


def describe(
    size: tuple[float, float, float],
    rgb: tuple[int, int, int],
    *,
    at: tuple[float, float, float] = (2.0, 0.0, 0.3),
    eye: tuple[float, float, float] = (0.0, 0.0, 1.3),
) -> np.ndarray:
    low, high = np.subtract(at, np.array(size) / 2), np.add(at, np.array(size) / 2)
    world = PaintedWorld([PaintedBox(tuple(low), tuple(high), rgb, 1)], {1: "thing"})
    frame = world.frame(eye, at)
    return ColourShapeEmbedder().embed(frame, InstanceSegmenter().segment(frame))[0]


def test_rows_are_unit_and_as_long_as_promised() -> None:
    embedder = ColourShapeEmbedder()
    boxes = [
        PaintedBox((2.0, y, 0.0), (2.2, y + 0.3, 0.4), rgb, k + 1)
        for k, (y, rgb) in enumerate([(-0.6, RED), (0.0, BLUE), (0.5, (220, 220, 220))])
    ]
    frame = PaintedWorld(boxes, {1: "a", 2: "b", 3: "c"}).frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.3))
    rows = embedder.embed(frame, InstanceSegmenter().segment(frame))
    assert rows.shape == (3, embedder.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert (rows >= 0).all()


def test_one_object_looks_alike_from_elsewhere_and_where_it_was_carried() -> None:
    here = describe((0.3, 0.3, 0.4), RED)
    from_the_side = describe((0.3, 0.3, 0.4), RED, eye=(0.4, 1.2, 1.2))
    on_a_shelf = describe((0.3, 0.3, 0.4), RED, at=(2.0, 0.5, 1.0), eye=(0.0, 0.0, 1.8))
    assert here @ from_the_side > 0.9
    assert here @ on_a_shelf > 0.9


def test_colour_and_size_tell_objects_apart() -> None:
    box = describe((0.3, 0.3, 0.4), RED)
    assert box @ describe((0.3, 0.3, 0.4), BLUE) < 0.5
    plank = describe((0.05, 1.2, 0.08), RED)
    assert box @ plank < box @ describe((0.28, 0.32, 0.42), (180, 45, 40)) - 0.05


def test_nothing_gives_no_rows_and_masks_without_depth_give_finite_ones() -> None:
    frame = PaintedWorld().frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.3))
    embedder = ColourShapeEmbedder()
    nothing = Segmentation(
        mask=np.zeros(frame.shape, np.int32), categories=(), confidence=np.zeros(0, np.float32)
    )
    assert embedder.embed(frame, nothing).shape == (0, embedder.dimension)
    mask = (~frame.valid).astype(np.int32)
    assert mask.any()
    sky = Segmentation(mask=mask, categories=("sky",), confidence=np.ones(1, np.float32))
    row = embedder.embed(frame, sky)
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-5)
