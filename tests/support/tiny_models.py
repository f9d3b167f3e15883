"""Tiny language and vision-language models with random weights, saved as real ones are.

They show that the plumbing works (loading, templates, pictures, caches, grammars); what they write
means nothing. Seen with transformers 5.23 and without torchvision, which has no build for the torch
of this project:

| family | pictures | prompts taken up again |
|---|---|---|
| llama, qwen2 | none | yes |
| llava, llava_next | Pillow | yes |
| idefics3 (the first SmolVLM) | Pillow | yes |
| gemma3 | Pillow | no: sliding windows, and positions told apart by type |
| paligemma | Pillow | it holds no conversations: each prompt must have a picture |
| qwen2_vl, qwen2_5_vl, qwen3_vl, smolvlm (SmolVLM2), internvl, llava_onevision | torchvision | - |
| lfm2_vl, llama4 | torchvision | - |
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
_TEXTS = (
    '{"call": "find", "text": "where is the mug?", "limit": 3}',
    '{"thought": "the mug was seen in the kitchen", "next": "conclude"}',
    "You are a robot's memory. Answer questions about the house with what it holds.",
)


_NAMED = {"gemma3": {"boi_token": "<image>", "image_token": "<soft>", "eoi_token": "<eoi>"}}


def save_tiny(
    folder: Path,
    family: str = "llama",
    *,
    seed: int = 0,
    template: bool = True,
    context: int = 4096,
    width: int = 32,
    layers: int = 2,
    padding: int = 0,
) -> Path:
    """Saves a tiny model of a family with its tokenizer and processor; returns the folder."""
    import torch

    torch.manual_seed(seed)
    tokenizer = _tokenizer(_SPECIAL.get(family, ()), _NAMED.get(family, {}), template=template)
    text = _text(tokenizer, context=context, width=width, layers=layers)
    text["vocab_size"] += padding
    model, processor = _FAMILIES[family](tokenizer, text)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    (tokenizer if processor is None else processor).save_pretrained(folder)
    return folder


def noise(handle: str) -> bytes:
    """Draws a picture, another one for each handle; serves as a source of pictures."""
    pixels = np.random.default_rng([*handle.encode()]).integers(0, 256, (60, 80, 3), np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


_SPECIAL = {
    "llava": ("<image>",),
    "llava_next": ("<image>",),
    "idefics3": ("<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"),
    "gemma3": ("<image>", "<soft>", "<eoi>"),
}


def _tokenizer(special: Sequence[str], named: dict[str, str], *, template: bool) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=["<|pad|>", "<|start|>", "<|end|>", *special],
        show_progress=False,
    )
    pieces.train_from_iterator(_TEXTS * 3, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        pad_token="<|pad|>",
        bos_token="<|start|>",
        eos_token="<|end|>",
        chat_template=TEMPLATE if template else None,
        extra_special_tokens=named,
    )


def _text(tokenizer: Any, *, context: int, width: int, layers: int) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "intermediate_size": width * 3 // 2,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": width // 4,
        "max_position_embeddings": context,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }


_SIGHT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}


def _llama(tokenizer: Any, text: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**text)), None


def _qwen2(tokenizer: Any, text: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(Qwen2Config(**text)), None


def _llava(tokenizer: Any, text: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**_SIGHT, projection_dim=32),
        text_config=LlamaConfig(**text),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        ),
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=tokenizer.chat_template,
    )
    return LlavaForConditionalGeneration(config), processor


def _llava_next(tokenizer: Any, text: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import (
        CLIPVisionConfig,
        LlamaConfig,
        LlavaNextConfig,
        LlavaNextForConditionalGeneration,
        LlavaNextProcessor,
    )
    from transformers.models.llava_next.image_processing_pil_llava_next import (
        LlavaNextImageProcessorPil,
    )

    grid = [[32, 64], [64, 32], [64, 64]]
    config = LlavaNextConfig(
        vision_config=CLIPVisionConfig(**_SIGHT, projection_dim=32),
        text_config=LlamaConfig(**text),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=grid,
    )
    processor = LlavaNextProcessor(
        image_processor=LlavaNextImageProcessorPil(
            size={"shortest_edge": 32},
            crop_size={"height": 32, "width": 32},
            image_grid_pinpoints=grid,
        ),
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=tokenizer.chat_template,
    )
    return LlavaNextForConditionalGeneration(config), processor


def _idefics3(tokenizer: Any, text: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.configuration_idefics3 import Idefics3VisionConfig
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    config = Idefics3Config(
        vision_config=Idefics3VisionConfig(**_SIGHT),
        text_config={"model_type": "llama", **text},
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=tokenizer.pad_token_id,
    )
    processor = Idefics3Processor(
        image_processor=Idefics3ImageProcessorPil(
            size={"longest_edge": 64}, max_image_size={"longest_edge": 32}
        ),
        tokenizer=tokenizer,
        image_seq_len=4,
        chat_template=tokenizer.chat_template,
    )
    return Idefics3ForConditionalGeneration(config), processor


def _gemma3(tokenizer: Any, text: dict[str, Any]) -> tuple[Any, Any]:
    from transformers import (
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3Processor,
        Gemma3TextConfig,
        SiglipVisionConfig,
    )
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    config = Gemma3Config(
        text_config=Gemma3TextConfig(**text, sliding_window=64),
        vision_config=SiglipVisionConfig(**_SIGHT, vision_use_head=False),
        mm_tokens_per_image=4,
        image_token_id=tokenizer.convert_tokens_to_ids("<soft>"),
        boi_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        eoi_token_id=tokenizer.convert_tokens_to_ids("<eoi>"),
    )
    processor = Gemma3Processor(
        image_processor=Gemma3ImageProcessorPil(size={"height": 32, "width": 32}),
        tokenizer=tokenizer,
        image_seq_length=4,
        chat_template=tokenizer.chat_template,
    )
    model = Gemma3ForConditionalGeneration(config)
    # It starts at zero in training, and the model would see nothing.
    model.model.multi_modal_projector.mm_input_projection_weight.data.normal_(0.0, 0.2)
    return model, processor


_FAMILIES: dict[str, Callable[[Any, dict[str, Any]], tuple[Any, Any]]] = {
    "llama": _llama,
    "qwen2": _qwen2,
    "llava": _llava,
    "llava_next": _llava_next,
    "idefics3": _idefics3,
    "gemma3": _gemma3,
}
