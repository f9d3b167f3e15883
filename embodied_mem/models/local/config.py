"""Settings of a local model."""

from dataclasses import dataclass
from typing import Literal

from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformersConfig:
    """Where a local model computes, how much it writes, and what it remembers of former calls."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` is a CUDA device where there is one."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Numbers of the weights; `auto` is half precision on a CUDA device and float32 elsewhere."""
    max_new_tokens: int = 1024
    """The most tokens of an answer."""
    closing: int = 128
    """In how many of the last tokens an answer that must follow a schema is brought to its end:
    texts, lists and objects that are open are closed as soon as the schema lets them be. With 0
    nothing is closed, and an answer that is cut off is refused."""
    temperature: float = 0.0
    """0 takes the likeliest token each time; above, tokens are drawn."""
    seed: int = 0
    """Of the tokens that are drawn; each call draws others."""
    image_size: int = 768
    """Pictures are shrunk until their longer side has at most so many pixels."""
    threads: int = 0
    """Threads that compute on the CPU; 0: as many as there are CPUs for this process, or as
    `OMP_NUM_THREADS` says."""
    kept_tokens: int = 16_384
    """Tokens of former conversations whose keys and values are kept, so that a prompt that begins
    like one of them is only read from where it differs; 0 keeps none."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If one is out of its range.
        """
        least = {"max_new_tokens": 1, "image_size": 1, "closing": 0, "threads": 0, "kept_tokens": 0}
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected at least {lowest}")
        if not 0.0 <= self.temperature < float("inf"):
            raise ConfigError(f"temperature is {self.temperature}; expected 0 or more")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ConfigError(f"device is {self.device!r}; expected auto, cpu or cuda")
        if self.dtype not in ("auto", "float32", "bfloat16", "float16"):
            raise ConfigError(
                f"dtype is {self.dtype!r}; expected auto, float32, bfloat16 or float16"
            )
