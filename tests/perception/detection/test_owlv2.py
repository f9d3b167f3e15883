"""Random weights show that loading and running works; the library says what they should give."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, MissingWeightsError, ModelError
from embodied_mem.perception.detection.owlv2 import Owlv2, Owlv2Config, owl_boxes
from embodied_mem.perception.detection.suppression import Suppression
from embodied_mem.perception.network import Placement
from tiny_detectors import save_grounding_dino

torch = pytest.importorskip("torch")

WORDS = ("sofa", "bed", "tv stand")
ALL = Suppression(same_word=1.0, any_word=1.0, min_side=0.0, most=1000)


def picture(height: int = 90, width: int = 120, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def detector(tiny_models: Path) -> Owlv2:
    return Owlv2(str(tiny_models / "owlv2"), Owlv2Config(batch=2, threshold=0.0, suppression=ALL))


def test_the_network_gives_what_the_library_gives(detector: Owlv2, tiny_models: Path) -> None:
    from transformers import Owlv2ForObjectDetection, Owlv2Processor

    pictures = [picture(90, 120), picture(130, 60, 1)]
    logits, centred = detector._forward(pictures, WORDS)
    model = Owlv2ForObjectDetection.from_pretrained(tiny_models / "owlv2").eval()
    processor = Owlv2Processor(detector._processor, detector._tokenizer)
    given = processor(
        text=[[f"a photo of a {word}" for word in WORDS]] * 2,
        images=pictures,
        return_tensors="pt",
        padding="max_length",
        max_length=48,
    )
    with torch.inference_mode():
        output = model(**given)
    np.testing.assert_allclose(logits, output.logits.numpy(), atol=1e-4)
    np.testing.assert_allclose(centred, output.pred_boxes.numpy(), atol=1e-5)

    theirs = processor.post_process_grounded_object_detection(
        output, threshold=0.4, target_sizes=[(90, 120), (130, 60)], text_labels=[WORDS] * 2
    )
    for k, (shown, their) in enumerate(zip(pictures, theirs, strict=True)):
        ours = owl_boxes(logits[k], centred[k], WORDS, shown.shape, 0.4)
        height, width = shown.shape[:2]
        inside = their["boxes"].numpy().clip(0, [width, height, width, height])
        assert len(ours) == len(inside) > 0
        np.testing.assert_allclose(ours.corners, inside, atol=1e-2)
        np.testing.assert_allclose(ours.scores, their["scores"].numpy(), atol=1e-4)
        assert ours.words == tuple(their["text_labels"])


def test_words_and_boxes_are_read_off_planted_output() -> None:
    logits = np.array([[-9, 2, 1], [-9, -9, -9], [0, -1, -9]], np.float32)
    centred = np.array([[0.5, 0.25, 0.5, 0.25], [0.5] * 4, [0.1, 0.1, 0.1, 0.9]], np.float32)
    found = owl_boxes(logits, centred, WORDS, (100, 200, 3), 0.3)
    assert found.words == ("bed", "sofa")
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp([-2.0, 0.0])), atol=1e-4)
    # The picture was padded below to 200 x 200.
    np.testing.assert_allclose(found.corners, [[50, 25, 150, 75], [10, 0, 30, 100]], atol=1e-3)


def test_words_are_encoded_again_only_when_they_change(detector: Owlv2) -> None:
    detector.detect([picture()], WORDS)
    first = detector._encoded[1]
    detector.detect([picture(seed=3)], list(WORDS))
    assert detector._encoded[1] is first
    (changed,) = detector.detect([picture()], ("mug",))
    assert detector._encoded[1] is not first
    assert set(changed.words) == {"mug"}


def test_pictures_may_come_together_or_alone(detector: Owlv2) -> None:
    pictures = [picture(90, 120, 0), picture(60, 130, 1), picture(90, 90, 2)]
    together = detector.detect(pictures, WORDS)
    assert len(together) == 3
    for one, boxes in zip(pictures, together, strict=True):
        (alone,) = detector.detect([one], WORDS)
        assert alone.words == boxes.words
        np.testing.assert_allclose(alone.corners, boxes.corners, atol=0.02)
    assert detector.detect([], WORDS) == ()


def test_half_precision_runs_and_stays_near(detector: Owlv2, tiny_models: Path) -> None:
    placement = Placement(device="cpu", half=True)
    config = replace(detector._config, placement=placement)
    halved = Owlv2(str(tiny_models / "owlv2"), config)
    exact, rough = (d._forward([picture()], WORDS) for d in (detector, halved))
    assert np.abs(exact[0] - rough[0]).max() > 0.0  # it is not the same calculation
    assert np.corrcoef(exact[0].ravel(), rough[0].ravel())[0, 1] > 0.9999
    assert rough[0].dtype == np.float32
    assert (np.ptp(rough[0], axis=2) > 0.0).mean() > 0.9  # words can be told apart still
    assert np.abs(exact[1] - rough[1]).mean() < 0.01


def test_a_word_that_does_not_fit_is_refused(detector: Owlv2) -> None:
    with pytest.raises(ConfigError, match="tokens; OWLv2 takes 48"):
        detector.detect([picture()], ("sofa", "a" * 60))


def test_the_command_that_fetches_absent_weights_is_said(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tmp_path))
    with pytest.raises(MissingWeightsError, match="hf download google/owlv2-base-patch16-ensemble"):
        Owlv2()


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Owlv2"):
        Owlv2(str(save_grounding_dino(tmp_path / "dino")))


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"threshold": -0.1}, {"batch": 0}, {"template": "a photo"}):
        with pytest.raises(ConfigError):
            Owlv2Config(**wrong)
