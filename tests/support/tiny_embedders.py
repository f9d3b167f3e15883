"""Tiny SigLIP and CLIP with random weights, saved as the published ones are.

They show that loading and running works; of quality they say nothing. transformers is imported
late: it takes seconds.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

_LAYERS = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)


def save_clip(folder: Path, seed: int = 0, size: int = 32) -> Path:
    """Saves a CLIP whose tokenizer knows single letters; returns the folder."""
    t = _seeded(seed)
    letters = list(import_module("tokenizers.pre_tokenizers").ByteLevel.alphabet())
    tokens = ["!", *sorted(set(letters) - {"!"}), *sorted(f"{x}</w>" for x in letters)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]  # the last one has the highest id, as in CLIP
    text = dict(
        vocab_size=len(tokens),
        max_position_embeddings=24,
        bos_token_id=len(tokens) - 2,
        eos_token_id=len(tokens) - 1,
        **_LAYERS,
    )
    vision = dict(image_size=size, patch_size=8, **_LAYERS)
    config = t.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    _save(t.CLIPModel(config), folder)
    vocabulary = {token: k for k, token in enumerate(tokens)}
    t.CLIPTokenizer(vocab=vocabulary, merges=[], pad_token="!").save_pretrained(folder)
    t.CLIPImageProcessorPil(
        size={"shortest_edge": size}, crop_size={"height": size, "width": size}
    ).save_pretrained(folder)
    return folder


def save_siglip(folder: Path, seed: int = 0, size: int = 32) -> Path:
    """Saves a SigLIP of SigLIP 2's shape, with letters for a vocabulary; returns the folder."""
    t = _seeded(seed)
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "\u2581"]
    tokens += [chr(code) for code in range(ord("a"), ord("z") + 1)]
    text = dict(
        vocab_size=len(tokens),
        max_position_embeddings=16,
        projection_size=32,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
        **_LAYERS,
    )
    vision = dict(image_size=size, patch_size=8, **_LAYERS)
    _save(t.SiglipModel(t.SiglipConfig(text_config=text, vision_config=vision)), folder)
    vocabulary = {token: k for k, token in enumerate(tokens)}
    tokenizer = t.GemmaTokenizer(vocab=vocabulary, merges=[])
    tokenizer.padding_side = "right"
    tokenizer.save_pretrained(folder)
    t.SiglipImageProcessorPil(size={"height": size, "width": size}).save_pretrained(folder)
    return folder


def _seeded(seed: int) -> Any:
    """Returns transformers, with torch's chance set anew."""
    import_module("torch").manual_seed(seed)
    return import_module("transformers")


def _save(model: Any, folder: Path) -> None:
    logging = import_module("transformers.utils.logging")
    logging.disable_progress_bar()
    model.eval().save_pretrained(folder)
