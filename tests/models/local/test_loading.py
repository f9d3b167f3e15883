"""Loading models: what is refused, and that nothing is made up where weights lack."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file

from embodied_mem.errors import MissingWeightsError, ModelError
from embodied_mem.models import Message
from embodied_mem.models.local import Transformers, TransformersConfig
from tiny_models import save_tiny

ASKED = [Message(role="user", text="Where is the mug?")]


def client(folder: Path) -> Transformers:
    return Transformers(str(folder), config=TransformersConfig(max_new_tokens=4, threads=1))


@pytest.fixture
def copied(tiny: Any, tmp_path: Path) -> Path:
    return shutil.copytree(tiny("llama"), tmp_path / "copied")


def changed(folder: Path, **fields: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **fields}))


def test_weights_with_holes_are_refused(copied: Path) -> None:
    file = copied / "model.safetensors"
    weights = load_file(file)
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"not a whole model: 1 of .*layers\.1\.mlp\.up_proj"):
        client(copied).load()


def test_weights_of_another_shape_are_refused(copied: Path) -> None:
    changed(copied, intermediate_size=64)
    with pytest.raises(ModelError, match="copied"):
        client(copied).load()


def test_damaged_weights_are_refused(copied: Path) -> None:
    file = copied / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        client(copied).load()


def test_pickled_weights_are_never_loaded(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(MissingWeightsError, match="pickled weights are not loaded"):
        client(copied)
    # Beside safe weights under another name, they are not looked at either.
    (copied / "adapter.safetensors").write_bytes(b"\x02" + bytes(7) + b"{}")
    with pytest.raises(ModelError, match="cannot be loaded"):
        client(copied).load()


def test_code_that_comes_with_weights_is_not_run(copied: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (copied / "mine.py").write_text(f"from pathlib import Path\nPath({str(ran)!r}).touch()\n")
    auto = {"AutoConfig": "mine.Config", "AutoModelForCausalLM": "mine.Model"}
    changed(copied, model_type="mine", auto_map=auto)
    with pytest.raises(ModelError, match="cannot be loaded"):
        client(copied).load()
    assert not ran.exists()


def test_what_writes_no_text_is_refused(copied: Path) -> None:
    changed(copied, model_type="vit")
    with pytest.raises(ModelError, match="holds a vit; expected a model that writes text"):
        client(copied).load()


def test_a_model_without_a_tokenizer_is_refused(copied: Path) -> None:
    for file in copied.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        client(copied).load()


def test_a_model_that_never_ends_is_refused(copied: Path) -> None:
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        content = json.loads((copied / name).read_text())
        content.pop("eos_token_id", None)
        content.pop("eos_token", None)
        (copied / name).write_text(json.dumps(content))
    changed(copied, eos_token_id=None)
    with pytest.raises(ModelError, match="says what ends an answer"):
        client(copied).load()


@pytest.mark.parametrize(
    ("kind", "processor", "seer"),
    [
        ("qwen2_vl", "Qwen2VLProcessor", "Qwen2VLImageProcessor"),
        ("qwen2_5_vl", "Qwen2_5_VLProcessor", "Qwen2VLImageProcessor"),
        ("qwen3_vl", "Qwen3VLProcessor", "Qwen2VLImageProcessor"),
        ("smolvlm", "SmolVLMProcessor", "SmolVLMImageProcessor"),
        ("internvl", "InternVLProcessor", "GotOcr2ImageProcessor"),
        ("llava_onevision", "LlavaOnevisionProcessor", "LlavaOnevisionImageProcessor"),
        ("lfm2_vl", "Lfm2VlProcessor", "Lfm2VlImageProcessor"),
    ],
)
def test_pictures_that_need_torchvision_are_told(
    copied: Path, kind: str, processor: str, seer: str
) -> None:
    if _has_torchvision():
        pytest.skip("torchvision is installed")
    changed(copied, model_type=kind)
    wanted = {"processor_class": processor, "image_processor_type": seer}
    (copied / "preprocessor_config.json").write_text(json.dumps(wanted))
    with pytest.raises(ModelError, match=r"torchvision, which is not installed.*LLaVA"):
        client(copied).load()


def _has_torchvision() -> bool:
    from importlib.util import find_spec

    return find_spec("torchvision") is not None


def test_more_scores_than_tokens_are_no_obstacle(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "padded", padding=56)
    done = client(folder).complete(ASKED, schema={"enum": ["yes", "no"]})
    assert done.text in ('"yes"', '"no"')


def test_loading_says_nothing_on_the_terminal(
    copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    client(copied).complete(ASKED)
    told = capfd.readouterr()
    assert told.out == "" and "%|" not in told.err
