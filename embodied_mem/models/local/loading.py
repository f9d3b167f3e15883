"""Loads a model, its tokenizer and what prepares its pictures, from a folder of safe weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from embodied_mem.errors import MissingExtraError, ModelError
from embodied_mem.models.devices import pick_device, quiet_loading
from embodied_mem.models.local.config import TransformersConfig
from embodied_mem.models.weights import check_tokenizer

_SAFE: Final[dict[str, Any]] = {"local_files_only": True, "trust_remote_code": False}
WITHOUT_TORCHVISION: Final = "LLaVA, LLaVA-NeXT, Idefics3 (the first SmolVLM), Gemma 3"
"""Families whose pictures are prepared by Pillow alone; seen to work with transformers 5.23."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """A model that is ready to be asked."""

    model: Any
    """A `PreTrainedModel` that writes text, in evaluation mode on its device."""
    tokenizer: Any
    processor: Any
    """Prepares text and pictures; None for a model that sees none."""
    ends: tuple[int, ...]
    """The tokens that end an answer."""
    context: int | None
    """The most tokens of a prompt and its answer; None where the model does not say."""
    picture_token: int | None
    """The token that stands for parts of pictures; None where it is not known."""


def check_packages() -> None:
    """Makes sure that what loads models is installed, without importing it.

    Raises:
        MissingExtraError: If it is not.
    """
    if not all(find_spec(name) for name in ("torch", "transformers", "llguidance")):
        raise MissingExtraError("a local model", "models")


def load(folder: Path, config: TransformersConfig) -> Loaded:
    """Loads a model from a folder, as `save_pretrained` writes it.

    Raises:
        ConfigError: If a device is asked for that is not there.
        ModelError: If it is no model that writes text, is not whole, has code of its own, or its
            pictures can only be prepared by a package that is not installed.
    """
    transformers = import_module("transformers")
    names = import_module("transformers.models.auto.modeling_auto")

    device = pick_device(import_module("torch"), config.device)
    dtype = _dtype(config, device)
    with _telling(folder), quiet_loading(transformers):
        kind = transformers.AutoConfig.from_pretrained(folder, **_SAFE).model_type
        sees = kind in names.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
        if not sees and kind not in names.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
            raise ModelError(f"{folder} holds a {kind}; expected a model that writes text")
        processor = _processor(folder, kind) if sees else None
        tokenizer = (
            transformers.AutoTokenizer.from_pretrained(folder, **_SAFE)
            if processor is None
            else processor.tokenizer
        )
        check_tokenizer(tokenizer, folder)
        auto = (
            transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
        )
        model, told = auto.from_pretrained(
            folder, **_SAFE, use_safetensors=True, dtype=dtype, output_loading_info=True
        )
        _check_whole(folder, told)
        model.to(device).eval()
    text = model.config.get_text_config(decoder=True)
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        processor=processor,
        ends=_ends(folder, model, tokenizer),
        context=getattr(text, "max_position_embeddings", None),
        picture_token=_picture_token(model.config),
    )


def _processor(folder: Path, kind: str) -> Any:
    try:
        return import_module("transformers").AutoProcessor.from_pretrained(folder, **_SAFE)
    except (ImportError, ValueError) as error:
        if "torchvision" not in str(error).lower() or find_spec("torchvision") is not None:
            raise
        raise ModelError(
            f"pictures for a {kind} are prepared by torchvision, which is not installed: install "
            "the build that belongs to your torch (pytorch.org), or take a model that does without "
            f"({WITHOUT_TORCHVISION}), or one that sees no pictures"
        ) from error


def _check_whole(folder: Path, told: Any) -> None:
    """Refuses weights with holes, which `transformers` would fill with random numbers."""
    wrong = [*told.get("missing_keys", ()), *(str(key) for key in told.get("mismatched_keys", ()))]
    if wrong:
        named = ", ".join(sorted(wrong)[:3])
        raise ModelError(
            f"{folder} is not a whole model: {len(wrong)} of its weights are missing or of another "
            f"shape ({named}); fetch it again"
        )


def _ends(folder: Path, model: Any, tokenizer: Any) -> tuple[int, ...]:
    given = model.generation_config.eos_token_id
    ends = {given} if isinstance(given, int) else set(given or ())
    if tokenizer.eos_token_id is not None:
        ends.add(tokenizer.eos_token_id)
    if not ends:
        raise ModelError(
            f"neither the model nor the tokenizer in {folder} says what ends an answer"
        )
    return tuple(sorted(ends))


def _picture_token(config: Any) -> int | None:
    for name in ("image_token_id", "image_token_index"):
        token = getattr(config, name, None)
        if isinstance(token, int):
            return token
    return None


def _dtype(config: TransformersConfig, device: Any) -> Any:
    import torch

    if config.dtype != "auto":
        return getattr(torch, config.dtype)
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@contextmanager
def _telling(folder: Path) -> Iterator[None]:
    """Tells what is wrong with a folder, whatever `transformers` raises."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ModelError(f"the model in {folder} cannot be loaded: {first}") from error
