"""Files of a trained allocator: `NAME.safetensors` (float32) and `NAME.json`; nothing is unpickled.

The JSON says what kind of network it is, what its inputs are and how it was trained, and holds the
checksum of the weights, so that a damaged or mixed-up pair is told from a good one.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse_tensors
from safetensors.numpy import save as pack_tensors

from embodied_mem.errors import ConfigError
from embodied_mem.files import write_bytes, write_text
from embodied_mem.types import AnyArray

SCHEMA: Final = 1
DEFAULT_NAME: Final = "policy"
"""Name of the two files in a folder."""


def weight_files(path: Path) -> tuple[Path, Path]:
    """Returns where the weights and the JSON lie.

    Args:
        path: A folder (then both are called `policy`), or one of the two files, with its ending or
            without.

    >>> [file.name for file in weight_files(Path("runs/best.json"))]
    ['best.safetensors', 'best.json']
    """
    endings = (".safetensors", ".json")
    if path.suffix in endings:
        stem = path.with_suffix("")
    else:
        stem = path / DEFAULT_NAME if path.is_dir() else path
    return stem.with_name(stem.name + endings[0]), stem.with_name(stem.name + endings[1])


def write_weights(
    path: Path, kind: str, parameters: Mapping[str, AnyArray], header: Mapping[str, Any]
) -> None:
    """Writes both files, each whole or not at all.

    Args:
        path: As in `weight_files`.
        kind: What the weights are of, such as `scorer`.
        parameters: Arrays by name.
        header: What a reader needs to know besides; anything that JSON holds.
    """
    weights_file, about_file = weight_files(path)
    # Safetensors writes the bytes as they lie, and those of a transposed array lie otherwise.
    data = pack_tensors({name: np.ascontiguousarray(each) for name, each in parameters.items()})
    write_bytes(weights_file, data)
    checksum = hashlib.sha256(data).hexdigest()
    about = {**header, "schema": SCHEMA, "kind": kind, "sha256": checksum}
    write_text(about_file, json.dumps(about, indent=1, sort_keys=True) + "\n")


def read_weights(
    path: Path, kind: str, fields: Mapping[str, type]
) -> tuple[dict[str, AnyArray], dict[str, Any]]:
    """Reads what `write_weights` wrote.

    Args:
        path: As in `weight_files`.
        kind: What the weights have to be of.
        fields: Entries that the header has to have, and their types.

    Returns:
        The arrays by name, and the header.

    Raises:
        ConfigError: If a file is missing or damaged, or of another kind or version.
    """
    weights_file, about_file = weight_files(path)
    header = _read_header(about_file, kind, fields)
    data = _read(weights_file)
    if hashlib.sha256(data).hexdigest() != header["sha256"]:
        raise ConfigError(
            f"{weights_file} is damaged or belongs to another JSON: its checksum is not the one in "
            f"{about_file.name}; copy both files anew"
        )
    try:
        return parse_tensors(data), header
    except SafetensorError as error:
        raise ConfigError(f"{weights_file} is no safetensors file: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"no trained weights at {path}: {error.strerror}; expected a .safetensors file and "
            "a .json file of the same name"
        ) from error


def _read_header(path: Path, kind: str, fields: Mapping[str, type]) -> dict[str, Any]:
    try:
        header = json.loads(_read(path))
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON: {error}; copy it anew") from error
    needed = {"schema": int, "kind": str, "sha256": str, **fields}
    if not isinstance(header, dict) or any(
        not isinstance(header.get(name), of) for name, of in needed.items()
    ):
        raise ConfigError(f"{path} does not describe trained weights; it needs {[*needed]}")
    if (header["schema"], header["kind"]) != (SCHEMA, kind):
        raise ConfigError(
            f"{path} holds a {header['kind']} of version {header['schema']}; "
            f"expected a {kind} of version {SCHEMA}"
        )
    return header
