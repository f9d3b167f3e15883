"""Fits the embedders `fitted` and `colour-shape-fitted` on houses apart from those measured.

`python -m embodied_mem_envs.bench.models.reid_fit FOLDER` writes both files, in about two minutes.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from embodied_mem.perception.embedding import make_embedder
from embodied_mem.perception.embedding.whitened import fit_whitening, save_whitening
from embodied_mem_envs.bench.models.reid_objects import object_sights

HOUSES: Final = range(9000, 9008)
"""Seeds; settings were chosen by fitting on half of them and trying on the others."""
_WAYS: Final = {
    "colour_shape": ("colour-shape", 32),
    "joined": ("colour-shape+efficientnet", 64),
}
"""Names of embedders and how many directions are kept, by the name of the file."""


def fit_embedders(
    folder: Path, houses: range = HOUSES, note: Callable[[str], None] = print
) -> None:
    """Walks through houses and writes what was fitted, one file an embedder."""
    ways = {file: make_embedder(name) for file, (name, _) in _WAYS.items()}
    walks = []
    for seed in houses:
        walks.append(object_sights(seed, ways))
        note(f"house {seed}: {len(walks[-1].thing)} views")
    for file, (_, dimension) in _WAYS.items():
        vectors = [walk.vectors[file] for walk in walks]
        save_whitening(
            folder / f"{file}.safetensors",
            fit_whitening(vectors, [walk.thing for walk in walks], dimension),
            name=f"fitted-{dimension}",
            space=ways[file].space,
            source=f"reid_fit.py: houses {houses.start} to {houses.stop - 1}, "
            f"{sum(map(len, vectors))} views",
        )


if __name__ == "__main__":
    fit_embedders(Path(sys.argv[1]))
