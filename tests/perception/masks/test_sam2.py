"""Random weights show that loading and running works; the library says what they should give."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from embodied_mem.errors import ConfigError, MissingWeightsError, ModelError
from embodied_mem.perception import Frame, make_frame
from embodied_mem.perception.masks import Sam2Config, Sam2Masks
from embodied_mem.perception.masks.maker import inside_boxes
from embodied_mem.perception.masks.sam2 import _prepared, at_strided_pixels
from embodied_mem.perception.network import Placement
from painted_world import PaintedBox, PaintedWorld
from tiny_detectors import DEVIATION, MEAN, save_sam2

torch = pytest.importorskip("torch")

CORNERS = np.array([[20, 10, 90, 80], [5, 50, 150, 118], [60, 60, 64, 70]], np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return save_sam2(tmp_path_factory.mktemp("sam2"))


def frame(stride: int = 1) -> Frame:
    box = PaintedBox((2.0, -0.4, 0.0), (2.4, 0.4, 0.8), (200, 60, 40), 3)
    seen = PaintedWorld([box]).observe((0.0, 0.0, 1.2), (2.0, 0.0, 0.4))
    noise = np.random.default_rng(0).integers(0, 40, seen.rgb.shape, dtype=np.uint8)
    return make_frame(replace(seen, rgb=seen.rgb // 2 + noise), stride)


def square_frame(stride: int) -> Frame:
    """A picture as large as the network wants it."""
    seen = frame().observation
    small = {name: getattr(seen, name)[:128, :128] for name in ("rgb", "depth", "instance")}
    full = {name: np.pad(x, [(0, 8), *[(0, 0)] * (x.ndim - 1)]) for name, x in small.items()}
    size = replace(seen.intrinsics, width=128, height=128)
    return make_frame(replace(seen, intrinsics=size, **full), stride)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_masks_are_those_of_the_library(folder: Path, stride: int) -> None:
    from transformers import Sam2Model

    seen = square_frame(stride)
    corners = CORNERS.clip(0, 128)
    ours = Sam2Masks(str(folder), Sam2Config(margin=1000.0)).masks(seen, corners)
    model = Sam2Model.from_pretrained(folder).eval()
    rgb = torch.from_numpy(seen.observation.rgb.copy()).permute(2, 0, 1)[None].float()
    mean, deviation = (torch.tensor(x).view(1, 3, 1, 1) for x in (MEAN, DEVIATION))
    with torch.inference_mode():
        output = model(
            pixel_values=(rgb / 255 - mean) / deviation,
            input_boxes=torch.from_numpy(corners)[None],
            multimask_output=False,
        )
    logits = torch.nn.functional.interpolate(
        output.pred_masks[0], (128, 128), mode="bilinear", align_corners=False
    )
    theirs = logits[:, 0].numpy()[:, ::stride, ::stride] > 0.0
    assert ours.shape == theirs.shape == (3, *seen.shape)
    assert 0.02 < theirs.mean() < 0.98
    assert (ours != theirs).mean() < 0.002  # OpenCV samples at 32nds of a pixel


@pytest.mark.parametrize("shape", [(120, 160), (50, 70), (128, 128), (300, 200)])
def test_pictures_are_prepared_as_the_library_does(folder: Path, shape: tuple[int, int]) -> None:
    wanted = Sam2Masks(str(folder))._pictures
    rgb = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 3.0)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(rgb).permute(2, 0, 1)[None].float(),
        (128, 128),
        mode="bilinear",
        align_corners=False,
        antialias=True,
    )[0].numpy()
    ours = _prepared(rgb, wanted) * np.reshape(DEVIATION, (3, 1, 1)) + np.reshape(MEAN, (3, 1, 1))
    np.testing.assert_allclose(255 * ours, theirs, atol=3.0)
    assert np.abs(255 * ours - theirs).mean() < 0.7  # whole numbers of 0 to 255


@pytest.mark.parametrize("scale", [1, 3])
def test_boxes_are_scaled_with_the_picture(folder: Path, scale: int) -> None:
    maker = Sam2Masks(str(folder))
    rgb = square_frame(1).observation.rgb
    larger = rgb.repeat(scale, axis=0).repeat(scale, axis=1)
    corners = CORNERS.clip(0, 128)
    first, second = maker._logits(rgb, corners), maker._logits(larger, corners * scale)
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_sampling_is_enlarging_and_striding() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 13, 17)).astype(np.float32)
    for stride in (1, 2, 5):
        seen = frame(stride)
        whole = torch.nn.functional.interpolate(
            torch.from_numpy(logits)[:, None], (120, 160), mode="bilinear", align_corners=False
        )
        np.testing.assert_allclose(
            at_strided_pixels(logits, seen),
            whole[:, 0].numpy()[:, ::stride, ::stride],
            atol=0.05,  # OpenCV samples at 32nds of a pixel
        )


def test_boxes_go_through_in_batches_and_masks_stay_near_them(folder: Path) -> None:
    seen = frame()
    together = Sam2Masks(str(folder)).masks(seen, CORNERS)
    apart = Sam2Masks(str(folder), Sam2Config(batch=1)).masks(seen, CORNERS)
    assert (together == apart).mean() > 0.999
    sides = CORNERS[:, 2:] - CORNERS[:, :2]
    near = np.concatenate([CORNERS[:, :2] - 0.1 * sides, CORNERS[:, 2:] + 0.1 * sides], axis=1)
    assert not (together & ~inside_boxes(seen, near)).any()
    assert Sam2Masks(str(folder)).masks(seen, CORNERS[:0]).shape == (0, *seen.shape)


def test_half_precision_runs_and_stays_near(folder: Path) -> None:
    config = Sam2Config(placement=Placement(device="cpu", half=True))
    rgb = frame().observation.rgb
    exact = Sam2Masks(str(folder))._logits(rgb, CORNERS)
    rough = Sam2Masks(str(folder), config)._logits(rgb, CORNERS)
    assert not np.array_equal(exact, rough)
    assert np.corrcoef(exact.ravel(), rough.ravel())[0, 1] > 0.99


def test_the_command_that_fetches_absent_weights_is_said(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EMBODIED_MEM_MODELS", str(tmp_path))
    with pytest.raises(MissingWeightsError, match=r"hf download facebook/sam2\.1-hiera-tiny"):
        Sam2Masks()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "no preprocessor_config.json"),
        ({"size": {"height": 128, "width": 128}}, "image_mean"),
        ({"size": {"height": 64, "width": 64}}, "64 pixels wide"),
        ({"size": {"height": 128, "width": 64}}, "square"),
        ([], "does not say"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    folder: Path, tmp_path: Path, settings: object, message: str
) -> None:
    for file in folder.iterdir():
        if file.name != "preprocessor_config.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    if isinstance(settings, dict) and message != "image_mean":
        settings = {**settings, "image_mean": MEAN, "image_std": DEVIATION}
    if settings is not None:
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match=message):
        Sam2Masks(str(tmp_path))


def test_newer_settings_are_read_too(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    older = tmp_path / "preprocessor_config.json"
    found = {"image_processor": json.loads(older.read_text()), "processor_class": "Sam2Processor"}
    older.unlink()
    (tmp_path / "processor_config.json").write_text(json.dumps(found))
    ours = Sam2Masks(str(tmp_path)).masks(frame(), CORNERS)
    np.testing.assert_array_equal(ours, Sam2Masks(str(folder)).masks(frame(), CORNERS))


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"margin": -1.0}, {"batch": 0}):
        with pytest.raises(ConfigError):
            Sam2Config(**wrong)
