"""Finds weights that are on this machine; nothing is ever fetched unasked."""

import json
import os
from pathlib import Path
from typing import Any, Final

from embodied_mem.errors import MissingWeightsError, ModelError
from embodied_mem.files import expanded

FOLDER: Final = "EMBODIED_MEM_MODELS"
"""Environment variable: a folder with one folder of weights for each name."""
_POINTER: Final = b"version https://git-lfs"
"""What a file begins with that only stands for a large one, where Git LFS is not installed."""


def find_weights(name: str, repository: str, given: str = "") -> Path:
    """Returns the folder with the weights of a model, as `save_pretrained` writes it.

    Looked for, in this order: the folder that was given, `$EMBODIED_MEM_MODELS/<name>` (the last
    part of a repository that was given, in place of the name), and the cache of the Hugging Face
    Hub.

    Args:
        name: What this project calls the model, such as `grounding-dino`.
        repository: Where its weights are published on the Hub, such as `facebook/sam2-hiera-tiny`.
        given: A folder, or another repository; empty for none.

    Raises:
        MissingWeightsError: If they are not here, with the command that fetches them; or if the
            folder is not whole, or holds pickled weights alone.
    """
    if given:
        folder = expanded(given)
        if folder.is_dir():
            return _checked(folder)
        if _is_path(given):
            raise MissingWeightsError(
                f"there is no folder {folder}: expected one with config.json and *.safetensors, as "
                "save_pretrained writes it"
            )
        repository, name = given, given.rpartition("/")[2]
    home = os.environ.get(FOLDER, "")
    if home and (expanded(home) / name).is_dir():
        return _checked(expanded(home) / name)
    cached = _in_cache(repository)
    if cached is not None:
        return _checked(cached)
    raise MissingWeightsError(
        f"the weights of {name} are not on this machine. Fetch them once (pip install "
        f"huggingface_hub): hf download {repository} --local-dir "
        f'"${{{FOLDER}:-models}}/{name}", and set {FOLDER} to that folder\'s parent'
    )


def check_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Refuses a tokenizer without words, which `transformers` makes where a folder has none.

    Raises:
        ModelError: If it knows nothing but its special tokens.
    """
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise ModelError(
            f"{folder} has no words: expected tokenizer.json or a vocabulary; fetch it again"
        )


def _is_path(given: str) -> bool:
    """Says whether what was given cannot be the name of a repository."""
    return given.startswith((".", "~")) or given.count("/") > 1 or Path(given).is_absolute()


def _checked(folder: Path) -> Path:
    """Returns a folder that has a configuration and all of its safe weights.

    Raises:
        MissingWeightsError: If it lacks one; pickled weights are never loaded.
    """
    weights = sorted(folder.glob("*.safetensors"))
    if not (folder / "config.json").is_file() or not weights:
        raise MissingWeightsError(
            f"{folder} holds no model: expected config.json and *.safetensors (pickled weights are "
            "not loaded)"
        )
    lacking = sorted(part for part in _parts(folder) if not (folder / part).is_file())
    if lacking:
        raise MissingWeightsError(
            f"{folder} is not whole, {len(lacking)} files are missing ({', '.join(lacking[:3])}): "
            "run the hf download that fetched it again, it goes on where it stopped"
        )
    for file in weights:
        with file.open("rb") as opened:
            if opened.read(len(_POINTER)) == _POINTER:
                raise MissingWeightsError(
                    f"{file} only stands for the weights: run git lfs pull in {folder}, or fetch "
                    "it by hf download"
                )
    return folder


def _parts(folder: Path) -> set[str]:
    """Returns the files that weights are spread over, if they are.

    Raises:
        MissingWeightsError: If the list of them cannot be read.
    """
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return set()
    try:
        content: Any = json.loads(index.read_bytes())
        return {str(part) for part in content["weight_map"].values()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MissingWeightsError(
            f"{index} is damaged ({error!r}): expected JSON with a weight_map; fetch it again"
        ) from error


def _in_cache(repository: str) -> Path | None:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ModuleNotFoundError:
        return None
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError, OSError):
        return None
