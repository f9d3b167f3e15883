import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_embedders
from embodied_mem.errors import ConfigError, MissingWeightsError, ModelError
from embodied_mem.models.weights import FOLDER
from embodied_mem.perception import InstanceSegmenter
from embodied_mem.perception.embedding import (
    ContrastiveEmbedder,
    CropEmbedder,
    EfficientNetEmbedder,
    JoinedEmbedder,
    PictureWords,
    make_embedder,
)
from embodied_mem.perception.network import Placement
from painted_world import PaintedBox, PaintedWorld

pytest.importorskip("torch")
pytest.importorskip("transformers")

SAVE: dict[str, Callable[..., Path]] = {
    "siglip": tiny_embedders.save_siglip,
    "clip": tiny_embedders.save_clip,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `EMBODIED_MEM_MODELS` names it, with tiny networks of random weights."""
    folder = tmp_path_factory.mktemp("models")
    for kind, save in SAVE.items():
        save(folder / kind)
    return folder


@pytest.fixture(autouse=True)
def found_there(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(models))


def pictures(count: int, seed: int = 0) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).integers(0, 256, (count, 40, 60, 3), np.uint8))


@pytest.mark.parametrize("kind", SAVE)
def test_pictures_and_words_lie_in_one_space(kind: str) -> None:
    embedder = ContrastiveEmbedder(kind)
    seen = embedder.embed_pictures(pictures(3))
    told = embedder.embed_texts(["a mug", "a very long tale " * 20])
    assert seen.shape == (3, embedder.dimension)
    assert told.shape == (2, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([seen, told]), axis=1), 1, atol=1e-5)
    assert embedder.embed_pictures([]).shape == (0, embedder.dimension)
    assert embedder.embed_texts([]).shape == (0, embedder.dimension)


@pytest.mark.parametrize("kind", SAVE)
def test_rows_are_what_transformers_own_pieces_give(kind: str, models: Path) -> None:
    torch: Any = import_module("torch")
    transformers: Any = import_module("transformers")
    net = transformers.AutoModel.from_pretrained(models / kind)
    processor = transformers.AutoImageProcessor.from_pretrained(models / kind, backend="pil")
    picture = pictures(1)[0]
    with torch.inference_mode():
        seen = processor(picture, return_tensors="pt")["pixel_values"]
        expected = net.get_image_features(pixel_values=seen).pooler_output[0].numpy()
    row = ContrastiveEmbedder(kind).embed_pictures([picture])[0]
    np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-4)


def test_siglip_is_told_small_letters_filled_up_at_the_end() -> None:
    embedder = ContrastiveEmbedder("siglip")
    upper, lower, longer = embedder.embed_texts(["A Mug", "a mug", "a mug mug"])
    np.testing.assert_allclose(upper, lower, atol=1e-6)
    assert not np.allclose(longer, lower, atol=1e-3)


@pytest.mark.parametrize("kind", SAVE)
def test_a_text_is_the_same_alone_and_beside_a_longer_one(kind: str) -> None:
    embedder = ContrastiveEmbedder(kind)
    together = embedder.embed_texts(["mug", "the red chair"])
    np.testing.assert_allclose(embedder.embed_texts(["mug"])[0], together[0], atol=1e-4)


def test_other_weights_are_another_space(tmp_path: Path) -> None:
    other = tiny_embedders.save_clip(tmp_path / "other", seed=1)
    assert ContrastiveEmbedder("clip", str(other)).space != ContrastiveEmbedder("clip").space


def test_half_precision_gives_nearly_the_same() -> None:
    exact = ContrastiveEmbedder("clip").embed_pictures(pictures(2))
    half = ContrastiveEmbedder("clip", placement=Placement(half=True)).embed_pictures(pictures(2))
    assert ((exact * half).sum(axis=1) > 0.99).all()
    assert half.dtype == np.float32


@pytest.mark.parametrize(
    ("kind", "repository"),
    [
        ("siglip", "google/siglip2-base-patch16-224"),
        ("clip", "openai/clip-vit-base-patch32"),
    ],
)
def test_absent_weights_are_told_with_the_command(
    kind: str, repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with pytest.raises(MissingWeightsError, match=f"hf download {repository}"):
        make_embedder(kind)


def test_weights_of_something_else_are_refused(models: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    shutil.copytree(models / "clip", wrong)
    with pytest.raises(ModelError, match="SiglipModel"):
        ContrastiveEmbedder("siglip", str(wrong))
    with pytest.raises(ConfigError, match="did you mean 'siglip'"):
        ContrastiveEmbedder("siglib")


def test_words_rank_what_was_seen_by_the_part_that_knows_them() -> None:
    boxes = [
        PaintedBox((2.0, y, 0.0), (2.2, y + 0.3, 0.4), rgb, k + 1)
        for k, (y, rgb) in enumerate([(-0.6, (200, 40, 40)), (0.0, (40, 70, 200))])
    ]
    frame = PaintedWorld(boxes, {1: "a", 2: "b"}).frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.3))
    found = InstanceSegmenter().segment(frame)
    alone, joined = make_embedder("clip"), make_embedder("colour-shape+clip")
    words = ["a red box", "the sea"]
    scores = {
        embedder.space: embedder.embed(frame, found) @ PictureWords(embedder).embed(words).T
        for embedder in (alone, joined)
    }
    ratio = np.sqrt(0.25)
    np.testing.assert_allclose(scores[joined.space], ratio * scores[alone.space], atol=1e-5)
    assert PictureWords(joined).name == joined.space
    assert PictureWords(joined).dimension == joined.dimension == 44 + alone.dimension
    behind = JoinedEmbedder(CropEmbedder(EfficientNetEmbedder()), alone)
    assert PictureWords(behind).embed(["mug"]).shape == (1, 112 + alone.dimension)


def test_what_knows_no_words_says_so() -> None:
    for name in ("colour-shape", "efficientnet", "colour-shape+efficientnet"):
        with pytest.raises(ConfigError, match="knows no words"):
            PictureWords(make_embedder(name))
    with pytest.raises(ConfigError, match=r"no \{\}"):
        PictureWords(make_embedder("clip"), template="a photo")
