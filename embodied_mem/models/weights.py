"""Finds weights that are on this machine; nothing is ever fetched unasked."""

import os
from pathlib import Path
from typing import Final

from embodied_mem.errors import MissingWeightsError

FOLDER: Final = "EMBODIED_MEM_MODELS"
"""Environment variable: a folder with one folder of weights for each name."""


def find_weights(name: str, repository: str, given: str = "") -> Path:
    """Returns the folder with the weights of a model, as `save_pretrained` writes it.

    Looked for, in this order: the folder that was given, `$EMBODIED_MEM_MODELS/<name>`, and the
    cache of the Hugging Face Hub.

    Args:
        name: What this project calls the model, such as `grounding-dino`.
        repository: Where its weights are published on the Hub, such as `facebook/sam2-hiera-tiny`.
        given: A folder, or another repository; empty for none.

    Raises:
        MissingWeightsError: If they are not here; it has the command that fetches them.
    """
    if given and Path(given).expanduser().is_dir():
        return _checked(Path(given).expanduser())
    repository = given or repository
    home = os.environ.get(FOLDER, "")
    if home and not given and (Path(home) / name).is_dir():
        return _checked(Path(home) / name)
    cached = _in_cache(repository)
    if cached is not None:
        return _checked(cached)
    raise MissingWeightsError(
        f"the weights of {name} are not on this machine. Fetch them once (pip install "
        f"huggingface_hub): hf download {repository} --local-dir "
        f'"${{{FOLDER}:-models}}/{name}", and set {FOLDER} to that folder\'s parent'
    )


def _checked(folder: Path) -> Path:
    """Returns a folder that has a configuration and safe weights.

    Raises:
        MissingWeightsError: If it lacks one; pickled weights are never loaded.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise MissingWeightsError(
            f"{folder} holds no model: expected config.json and *.safetensors (pickled weights are "
            "not loaded)"
        )
    return folder


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
