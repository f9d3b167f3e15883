"""Writes `assets/embedders/household_words.safetensors` anew.

`python -m embodied_mem_envs.bench.models.synonym_vectors`, in a working tree, after a change of
`assets/household_meanings.json` or of the lexicon's synonyms.
"""

from embodied_mem.assets import asset_path
from embodied_mem.brain.language.word_vectors import FILE, save_vectors
from embodied_mem.memory.search.minilm import MiniLmEmbedder

if __name__ == "__main__":
    save_vectors(asset_path(FILE), MiniLmEmbedder())
