from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.errors import ConfigError
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem.perception import ColourShapeEmbedder, Embedder, Frame, InstanceSegmenter
from embodied_mem.perception.embedding import (
    CropEmbedder,
    EfficientNetEmbedder,
    JoinedEmbedder,
    make_embedder,
)
from embodied_mem.perception.embedding.whitened import (
    WhitenedEmbedder,
    fit_whitening,
    save_whitening,
)
from painted_world import PaintedBox, PaintedWorld

OFFLINE = [
    "colour-shape",
    "efficientnet",
    "colour-shape+efficientnet",
    "colour-shape-fitted",
    "fitted",
]


def two_boxes() -> Frame:
    boxes = [
        PaintedBox((2.0, y, 0.0), (2.2, y + 0.3, 0.4), rgb, k + 1)
        for k, (y, rgb) in enumerate([(-0.6, (200, 40, 40)), (0.0, (40, 70, 200))])
    ]
    return PaintedWorld(boxes, {1: "a", 2: "b"}).frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.3))


def rows_of(embedder: Embedder, frame: Frame) -> np.ndarray:
    return embedder.embed(frame, InstanceSegmenter().segment(frame))


@pytest.mark.parametrize("name", OFFLINE)
def test_every_embedder_that_works_offline_keeps_to_the_protocol(name: str) -> None:
    if "efficientnet" in name or name == "fitted":
        pytest.importorskip("torch")
    embedder = make_embedder(name)
    frame = two_boxes()
    rows = rows_of(embedder, frame)
    assert rows.shape == (2, embedder.dimension)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] < 0.9
    np.testing.assert_array_equal(rows, rows_of(make_embedder(name), frame))
    nothing = InstanceSegmenter(min_pixels=10**6).segment(frame)
    assert embedder.embed(frame, nothing).shape == (0, embedder.dimension)


def test_all_spaces_differ() -> None:
    assert len({make_embedder(name).space for name in OFFLINE}) == len(OFFLINE)


def test_the_cosine_of_joined_vectors_is_the_weighted_mean_of_both() -> None:
    pytest.importorskip("torch")
    frame = two_boxes()
    first, second = ColourShapeEmbedder(), CropEmbedder(EfficientNetEmbedder())
    joined = JoinedEmbedder(first, second, share=0.3)
    cosines = [(rows := rows_of(part, frame))[0] @ rows[1] for part in (first, second, joined)]
    assert cosines[2] == pytest.approx(0.7 * cosines[0] + 0.3 * cosines[1], abs=1e-5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_of_nothing_or_all_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match="share"):
        JoinedEmbedder(ColourShapeEmbedder(), ColourShapeEmbedder(), share=share)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    for name in ("eficientnet", "colour-shape+eficientnet"):
        with pytest.raises(ConfigError, match="did you mean 'efficientnet'"):
            make_embedder(name)


def test_whitening_makes_views_of_one_thing_alike_though_they_differ_most() -> None:
    rng = np.random.default_rng(3)
    things = np.repeat(np.arange(40), 6)
    own = rng.normal(size=(40, 6))[things]
    view = rng.normal(size=(len(things), 6)) * 3.0
    mixed = np.concatenate([own, view], axis=1) @ rng.normal(size=(12, 12))
    vectors = mixed.astype(np.float32)
    mean, matrix = fit_whitening([vectors[:120]], [things[:120]], 6)
    assert matrix.shape == (12, 6)

    def right(rows: np.ndarray, names: np.ndarray) -> float:
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        alike = unit @ unit.T - 2 * np.eye(len(unit))
        return float((names[alike.argmax(axis=1)] == names).mean())

    held, names = vectors[120:], things[120:]
    assert right((held - mean) @ matrix, names) > right(held, names) + 0.3


def test_whitening_refuses_what_shows_nothing_twice() -> None:
    rows = np.eye(4, dtype=np.float32)
    with pytest.raises(ConfigError, match="0 second views"):
        fit_whitening([rows], [np.arange(4)], 2)
    with pytest.raises(ConfigError, match="5 of 4 directions"):
        fit_whitening([rows], [np.zeros(4, np.int64)], 5)


def test_what_was_fitted_to_another_space_is_refused(tmp_path: Path) -> None:
    fitted = (np.zeros(44, np.float32), np.eye(44, dtype=np.float32))
    path = tmp_path / "w.safetensors"
    save_whitening(path, fitted, name="plain", space="colour-shape", source="nothing")
    same = WhitenedEmbedder(ColourShapeEmbedder(), path)
    assert same.space == "colour-shape/plain"
    frame = two_boxes()
    np.testing.assert_allclose(
        rows_of(same, frame), rows_of(ColourShapeEmbedder(), frame), atol=1e-6
    )
    save_whitening(path, fitted, name="plain", space="elsewhere", source="nothing")
    with pytest.raises(ConfigError, match="fitted to 'elsewhere'"):
        WhitenedEmbedder(ColourShapeEmbedder(), path)


def test_a_memory_is_not_gone_on_with_by_another_embedder(tmp_path: Path) -> None:
    frame = two_boxes()
    first = build_hippocampus(
        MemoryConfig(embedder="colour-shape-fitted"), path=tmp_path / "memory"
    )
    for tick in range(3):
        first.observe(replace(frame.observation, tick=tick))
    spaces = {record.space for record, _ in active(first.store, ObjectFact)}
    assert spaces == {make_embedder("colour-shape-fitted").space}
    first.store.close()
    with pytest.raises(ConfigError, match="begin a new memory"):
        build_hippocampus(resume=tmp_path / "memory")
    again = build_hippocampus(
        MemoryConfig(embedder="colour-shape-fitted"), resume=tmp_path / "memory"
    )
    assert len(again.scene.objects.rows()) == 2
