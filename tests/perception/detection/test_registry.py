import subprocess
import sys
from pathlib import Path

import pytest

from embodied_mem.brain.build import MemoryConfig, build_hippocampus, make_segmenter
from embodied_mem.errors import ConfigError, MissingExtraError, MissingWeightsError
from embodied_mem.perception import GeometricSegmenter
from embodied_mem.perception.detection import DetectingSegmenter, GroundingDino, Owlv2
from embodied_mem.perception.detection.registry import split_name
from embodied_mem.perception.masks import BoxDepthMasks, Sam2Masks


@pytest.mark.parametrize(
    ("name", "detector", "masks"),
    [
        ("grounding-dino", GroundingDino, Sam2Masks),
        ("owlv2+depth", Owlv2, BoxDepthMasks),
        ("grounding-dino:{}/grounding-dino+sam2", GroundingDino, Sam2Masks),
        ("owlv2:{}/owlv2+sam2:{}/sam2", Owlv2, Sam2Masks),
    ],
)
def test_names_say_detector_weights_and_masks(monkeypatch, tiny_models, name, detector, masks):
    given = name.count("{}") == 2
    monkeypatch.setenv("EMBODIED_MEM_MODELS", "" if given else str(tiny_models))
    made = make_segmenter(name.replace("{}", str(tiny_models)))
    assert isinstance(made, DetectingSegmenter)
    assert isinstance(made._detector, detector) and isinstance(made._masks, masks)


def test_other_names_are_as_before(tiny_models):
    assert isinstance(make_segmenter("geometric"), GeometricSegmenter)
    with pytest.raises(ConfigError, match="did you mean 'grounding-dino'"):
        make_segmenter("grounding-dyno")


def test_a_hippocampus_takes_a_detector_by_name(monkeypatch, tiny_models):
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tiny_models))
    made = build_hippocampus(MemoryConfig(segmenter="owlv2+depth"))
    made.store.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("owlv2+sam3", "no mask maker is called 'sam3'; did you mean 'sam2'"),
        ("grounding-dino+depth:/weights", "take no weights"),
        ("owlv2+", "no mask maker is called ''"),
    ],
)
def test_names_that_say_nothing_are_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        make_segmenter(name)


def test_a_folder_may_have_a_plus_in_its_name():
    assert split_name("owlv2:/a+b") == ("owlv2:/a+b", "sam2")
    assert split_name("owlv2:/a+b+depth") == ("owlv2:/a+b", "depth")
    assert split_name("owlv2:/a+sam2/b") == ("owlv2:/a+sam2/b", "sam2")


def test_all_weights_that_are_missing_are_said_at_once(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tmp_path))
    with pytest.raises(MissingWeightsError) as told:
        make_segmenter("grounding-dino")
    for repository in ("IDEA-Research/grounding-dino-tiny", "facebook/sam2.1-hiera-tiny"):
        assert f"hf download {repository} --local-dir" in str(told.value)
    with pytest.raises(MissingWeightsError) as told:
        make_segmenter("owlv2+depth")
    assert "sam2" not in str(told.value)


def test_without_the_extra_the_error_names_it(monkeypatch, tiny_models):
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tiny_models))
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[perception\]"):
        make_segmenter("owlv2+depth")


def test_nothing_heavy_is_imported_before_a_detector_is_made():
    code = (
        "import sys, embodied_mem.brain.build;"
        "print([name for name in ('torch', 'transformers') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
