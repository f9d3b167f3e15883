"""Random weights show that loading and running works; what is read off is proved by planting."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, MissingWeightsError, ModelError
from embodied_mem.perception.detection.grounding_dino import (
    GroundingDino,
    GroundingDinoConfig,
    grounded_boxes,
)
from embodied_mem.perception.detection.phrases import make_prompts
from embodied_mem.perception.detection.suppression import Suppression
from embodied_mem.perception.network import Placement
from tiny_detectors import save_owlv2

torch = pytest.importorskip("torch")

WORDS = ("coffee table", "dining table", "bed", "mug")
ALL = Suppression(same_word=1.0, any_word=1.0, min_side=0.0, most=1000)


def picture(height: int = 90, width: int = 120, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def detector(tiny_models: Path) -> GroundingDino:
    return GroundingDino(str(tiny_models / "grounding-dino"))


def test_words_and_boxes_are_read_off_planted_output(detector: GroundingDino) -> None:
    (prompt,) = make_prompts(WORDS, detector._tokenizer, 256)
    logits = np.full((4, 256), -np.inf, np.float32)
    logits[:, : len(prompt.tokens)] = -6.0
    logits[0, slice(*prompt.spans[1])] = 2.0  # a dining table
    logits[1, prompt.spans[0][1] - 1] = 0.1  # the word "table" alone: half a word is too little
    logits[2, slice(*prompt.spans[3])] = 1.0  # a mug that sticks out of the picture
    logits[3, prompt.spans[2][1]] = 9.0  # a full stop is nobody's
    centred = np.array([[0.5, 0.5, 0.5, 0.25]] * 2 + [[0.95, 0.5, 0.2, 0.1]] * 2, np.float32)
    found = grounded_boxes(logits, centred, prompt, (100, 200, 3), 0.3)
    assert found.words == ("dining table", "mug")
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp([-2.0, -1.0])), atol=1e-4)
    np.testing.assert_allclose(
        found.corners, [[50, 37.5, 150, 62.5], [170, 45, 200, 55]], atol=1e-3
    )


def test_boxes_are_where_the_library_has_them(detector: GroundingDino, tiny_models: Path) -> None:
    from transformers import GroundingDinoProcessor

    (prompt,) = make_prompts(("bed", "mug"), detector._tokenizer, 256)
    rng = np.random.default_rng(1)
    logits = np.full((30, 256), -np.inf, np.float32)
    logits[:, : len(prompt.tokens)] = -9.0
    for low, _ in prompt.spans:  # words of one token: mean and maximum are the same
        logits[:, low] = rng.normal(-1.0, 2.0, 30)
    centred = rng.uniform(0.3, 0.6, (30, 4)).astype(np.float32)
    output = SimpleNamespace(
        logits=torch.tensor(logits)[None],
        pred_boxes=torch.tensor(centred)[None],
        input_ids=torch.tensor(prompt.tokens)[None],
    )
    processor = GroundingDinoProcessor(detector._processor, detector._tokenizer)
    (theirs,) = processor.post_process_grounded_object_detection(
        output, threshold=0.3, text_threshold=0.3, target_sizes=[(100, 200)]
    )
    ours = grounded_boxes(logits, centred, prompt, (100, 200, 3), 0.3)
    assert 3 < len(ours) < 30
    inside = theirs["boxes"].numpy().clip(0, [200, 100, 200, 100])
    np.testing.assert_allclose(ours.corners, inside, atol=1e-3)
    np.testing.assert_allclose(ours.scores, theirs["scores"].numpy(), atol=1e-5)
    told = theirs["text_labels"]
    assert all(word in text for word, text in zip(ours.words, told, strict=True))


@dataclass
class Planted:
    """A network that finds each word in a place of its own, in whatever prompt it is asked."""

    detector: GroundingDino
    seen: list[tuple[int, ...]]

    @property
    def config(self) -> Any:
        return SimpleNamespace(max_text_len=10)

    def __call__(self, *, input_ids: Any, **given: Any) -> Any:
        self.seen.append(tuple(input_ids.shape))
        assert all(len(rows) == len(input_ids) for rows in given.values())
        logits = torch.full((*input_ids.shape[:1], len(WORDS), 10), -9.0)
        for row, ids in enumerate(input_ids.tolist()):
            for k, word in enumerate(WORDS):
                tokens = self.detector._tokenizer(word, add_special_tokens=False)["input_ids"]
                for low in range(len(ids)):
                    if ids[low : low + len(tokens)] == tokens:
                        logits[row, k, low : low + len(tokens)] = 3.0 - k
        place = torch.tensor([[0.1 + 0.2 * k, 0.5, 0.1, 0.1] for k in range(len(WORDS))])
        return SimpleNamespace(logits=logits, pred_boxes=place.expand(len(input_ids), -1, -1))


@pytest.mark.parametrize("batch", [1, 3, 16])
def test_words_of_several_prompts_keep_their_names(tiny_models: Path, batch: int) -> None:
    detector = GroundingDino(str(tiny_models / "grounding-dino"), GroundingDinoConfig(batch=batch))
    planted = Planted(detector, [])
    detector._network = replace(detector._network, model=planted)
    found = detector.detect([picture(100, 200), picture(50, 100)], WORDS)
    assert len(found) == 2
    for boxes, width in zip(found, (200, 100), strict=True):
        assert boxes.words == WORDS  # the surest first
        np.testing.assert_allclose(
            boxes.corners[:, 0], [width * (0.05 + 0.2 * k) for k in range(4)], atol=1e-3
        )
    assert sum(rows for rows, _ in planted.seen) == 4  # two prompts a picture
    assert max(rows for rows, _ in planted.seen) == min(batch, 4)


def test_pictures_may_come_together_or_alone(tiny_models: Path) -> None:
    folder = str(tiny_models / "grounding-dino")
    config = GroundingDinoConfig(batch=3, threshold=0.0, suppression=ALL)
    detector = GroundingDino(folder, config)
    pictures = [picture(90, 120, seed) for seed in range(4)]
    together = detector.detect(pictures, WORDS)
    for one, boxes in zip(pictures, together, strict=True):
        (alone,) = detector.detect([one], WORDS)
        assert len(alone) == len(boxes) > 0
        assert alone.words == boxes.words
        np.testing.assert_allclose(alone.corners, boxes.corners, atol=0.02)
    assert not np.allclose(together[0].corners, together[1].corners)
    assert detector.detect([], WORDS) == ()


def test_half_precision_runs_and_stays_near(tiny_models: Path) -> None:
    folder = str(tiny_models / "grounding-dino")
    config = GroundingDinoConfig(threshold=0.0, suppression=ALL)
    placement = Placement(device="cpu", half=True)
    exact = GroundingDino(folder, config)
    halved = GroundingDino(folder, replace(config, placement=placement))
    (a,), (b,) = (d.detect([picture()], WORDS) for d in (exact, halved))
    apart = np.abs(a.corners[:, None] - b.corners[None]).max(axis=2).min(axis=1)
    assert apart.max() > 0.0  # it is not the same calculation
    assert np.mean(apart < 3.0) > 0.8  # pixels, of a picture 120 wide
    assert halved._network.half and not exact._network.half


def test_the_command_that_fetches_absent_weights_is_said(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tmp_path))
    with pytest.raises(MissingWeightsError, match="hf download IDEA-Research/grounding-dino-tiny"):
        GroundingDino()
    with pytest.raises(MissingWeightsError, match="hf download someone/else"):
        GroundingDino("someone/else")


def test_weights_of_something_else_are_refused(tiny_models: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"GroundingDino|grounding"):
        GroundingDino(str(save_owlv2(tmp_path / "owl")))


def test_weights_with_gaps_are_refused(tiny_models: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    for file in (tiny_models / "grounding-dino").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    tensors = load_file(tmp_path / "model.safetensors")
    gone = next(name for name in tensors if "encoder.layers.0" in name)
    del tensors[gone]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="lacks 1 tensors"):
        GroundingDino(str(tmp_path))


def test_pickled_weights_are_not_loaded(tiny_models: Path, tmp_path: Path) -> None:
    config = json.loads((tiny_models / "grounding-dino" / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config))
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(MissingWeightsError, match="pickled"):
        GroundingDino(str(tmp_path))


def test_settings_out_of_range_are_refused(detector: GroundingDino) -> None:
    with pytest.raises(ConfigError, match="threshold"):
        GroundingDinoConfig(threshold=1.0)
    with pytest.raises(ConfigError, match="batch"):
        GroundingDinoConfig(batch=0)
    with pytest.raises(ConfigError, match="at least one"):
        detector.detect([picture()], [])


def test_a_gpu_that_is_not_there_is_refused(tiny_models: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    config = GroundingDinoConfig(placement=Placement(device="cuda"))
    with pytest.raises(ConfigError, match="no GPU"):
        GroundingDino(str(tiny_models / "grounding-dino"), config)


def test_a_folder_without_what_makes_words_ready_is_refused(
    tiny_models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "preprocessor_config.json"):
        shutil.copy(tiny_models / "grounding-dino" / name, folder)
    with pytest.raises(ModelError, match="bare has no words"):
        GroundingDino(str(folder))
