"""What things and places look like, by networks: behind `Embedder`, and for whole pictures."""

from embodied_mem.perception.embedding.contrastive import ContrastiveEmbedder
from embodied_mem.perception.embedding.efficientnet import EfficientNetEmbedder
from embodied_mem.perception.embedding.instances import CropEmbedder
from embodied_mem.perception.embedding.joined import JoinedEmbedder
from embodied_mem.perception.embedding.pictures import PictureEmbedder, SpeakingEmbedder
from embodied_mem.perception.embedding.registry import EMBEDDERS, make_embedder
from embodied_mem.perception.embedding.words import PictureWords

__all__ = [
    "EMBEDDERS",
    "ContrastiveEmbedder",
    "CropEmbedder",
    "EfficientNetEmbedder",
    "JoinedEmbedder",
    "PictureEmbedder",
    "PictureWords",
    "SpeakingEmbedder",
    "make_embedder",
]
