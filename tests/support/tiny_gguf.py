"""Writes a language model of about 1 MB with random weights, in the form that llama.cpp loads.

It knows nothing: what it writes is noise, and only a grammar gives it form. It shows that the way
to a model works, and says nothing of any model's quality.
"""

from pathlib import Path

import gguf
import numpy as np

CONTEXT = 16384
WIDTH, LAYERS, HEADS, HIDDEN = 64, 2, 4, 128
START, END, TURN, TURN_END, PAD = "<|start|>", "<|end|>", "<|im_start|>", "<|im_end|>", "<|pad|>"
WORDS = ("in", "an", "at", "er", "on", "or", "ing", "and", "to", "Ġa", "Ġin", "Ġon", "Ġto", "the")
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CLOSERS = {'"': 1.5, "}": 1.0, "]": 1.0}
"""What closes something, and its share of `closing`: a quote more, for strings hold brackets."""

CONTROLS = range(0x20)


def byte_letters() -> list[str]:
    """Returns the letter that stands for each byte in byte-level BPE vocabularies, as in GPT-2."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def write_tiny_gguf(file: Path, *, seed: int = 0, closing: float = 6.0) -> Path:
    """Writes a model of the Llama architecture; the same seed gives the same file.

    Args:
        file: Where to.
        seed: Of the weights.
        closing: Added to the logits of quotes and brackets that close, after the random weights
            have spoken: texts end sooner. With 0 a string goes on for hundreds of tokens. As much
            is taken from control characters: llama-cpp-python's grammar allows them in strings,
            where JSON does not, and no real model writes them.
    """
    vocabulary, merges, kinds = _vocabulary()
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_name("tiny-random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(vocabulary)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    for name, token in (("bos", START), ("eos", TURN_END), ("pad", PAD)):
        getattr(writer, f"add_{name}_token_id")(vocabulary.index(token))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, weights in _weights(vocabulary, seed, closing).items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _vocabulary() -> tuple[list[str], list[str], list[int]]:
    """Returns the tokens, the merges that make the longer ones, and the kind of each token."""
    tokens = byte_letters()
    merges = []
    for word in WORDS:
        for end in range(2, len(word) + 1):
            if word[:end] not in tokens:
                tokens.append(word[:end])
                merges.append(f"{word[: end - 1]} {word[end - 1]}")
    special = [START, END, TURN, TURN_END, PAD]
    normal, control = int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)
    return [*tokens, *special], merges, [normal] * len(tokens) + [control] * len(special)


def _weights(vocabulary: list[str], seed: int, closing: float) -> dict[str, np.ndarray]:
    """Returns random weights; the first number of the hidden state is kept for `closing`."""
    rng = np.random.default_rng(seed)

    def random(rows: int, columns: int) -> np.ndarray:
        scale = columns**-0.5
        return rng.normal(scale=scale, size=(rows, columns)).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    weights = {"token_embd.weight": random(len(vocabulary), WIDTH) * np.float32(WIDTH**0.5)}
    weights["token_embd.weight"][:, 0] = 1.0
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        weights[f"{at}attn_norm.weight"] = ones
        weights[f"{at}ffn_norm.weight"] = ones
        for part in ("q", "k", "v", "output"):
            weights[f"{at}attn_{part}.weight"] = random(WIDTH, WIDTH)
        weights[f"{at}ffn_gate.weight"] = random(HIDDEN, WIDTH)
        weights[f"{at}ffn_up.weight"] = random(HIDDEN, WIDTH)
        weights[f"{at}ffn_down.weight"] = random(WIDTH, HIDDEN)
        for part in ("attn_output", "ffn_down"):
            weights[f"{at}{part}.weight"][0] = 0.0  # no layer writes to the first number
    weights["output_norm.weight"] = ones
    weights["output.weight"] = random(len(vocabulary), WIDTH)
    weights["output.weight"][:, 0] = 0.0
    weights["output.weight"][
        [vocabulary.index(byte_letters()[at]) for at in CONTROLS], 0
    ] = -closing
    for token, share in CLOSERS.items():
        weights["output.weight"][vocabulary.index(token), 0] = share * closing
    return weights
