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
| lfm2_vl, llama4, perception_lm | torchvision | - |
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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
CONTEXT = 4096


_NAMED = {"gemma3": {"boi_token": "<image>", "image_token": "<soft>", "eoi_token": "<eoi>"}}


def save_tiny(
    folder: Path,
    family: str = "llama",
    *,
    seed: int = 0,
    template: bool = True,
    context: int = CONTEXT,
) -> Path:
    """Saves a tiny model of a family with its tokenizer and processor; returns the folder."""
    import torch

    torch.manual_seed(seed)
    tokenizer = _tokenizer(_SPECIAL.get(family, ()), _NAMED.get(family, {}), template=template)
    model, processor = _FAMILIES[family](tokenizer)
    model.config.get_text_config(decoder=True).max_position_embeddings = context
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    (tokenizer if processor is None else processor).save_pretrained(folder)
    return folder


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


def _text(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": CONTEXT,
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


def _llama(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(LlamaConfig(**_text(tokenizer))), None


def _qwen2(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    return Qwen2ForCausalLM(Qwen2Config(**_text(tokenizer))), None


def _llava(tokenizer: Any) -> tuple[Any, Any]:
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
        text_config=LlamaConfig(**_text(tokenizer)),
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


def _llava_next(tokenizer: Any) -> tuple[Any, Any]:
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
        text_config=LlamaConfig(**_text(tokenizer)),
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


def _idefics3(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.configuration_idefics3 import Idefics3VisionConfig
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    config = Idefics3Config(
        vision_config=Idefics3VisionConfig(**_SIGHT),
        text_config={"model_type": "llama", **_text(tokenizer)},
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


def _gemma3(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import (
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3Processor,
        Gemma3TextConfig,
        SiglipVisionConfig,
    )
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    config = Gemma3Config(
        text_config=Gemma3TextConfig(**_text(tokenizer), sliding_window=64),
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
    return Gemma3ForConditionalGeneration(config), processor


_FAMILIES: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "llama": _llama,
    "qwen2": _qwen2,
    "llava": _llava,
    "llava_next": _llava_next,
    "idefics3": _idefics3,
    "gemma3": _gemma3,
}
