"""The methods by name."""

from collections.abc import Callable, Mapping

from embodied_mem.errors import unknown_name
from embodied_mem_envs.evaluation.agents.peers.captions import Captions
from embodied_mem_envs.evaluation.agents.peers.frames import Frames, FramesConfig
from embodied_mem_envs.evaluation.agents.peers.kept import KeptMemory
from embodied_mem_envs.evaluation.agents.peers.object_list import ObjectList
from embodied_mem_envs.evaluation.agents.peers.three_d_mem import ThreeDMem

METHODS: Mapping[str, Callable[[], KeptMemory]] = {
    "three_d_mem": ThreeDMem,
    "object_list": ObjectList,
    "even_frames": lambda: Frames(FramesConfig(count=50, even=True)),
    "last_frames": lambda: Frames(FramesConfig(count=50, even=False)),
    "last_frame": lambda: Frames(FramesConfig(count=1, even=False)),
    "captions": Captions,
}


def make_kept(method: str) -> KeptMemory:
    """Makes an empty memory of a method.

    Raises:
        ConfigError: If there is none of that name.
    """
    if method not in METHODS:
        raise unknown_name("memory", method, METHODS)
    return METHODS[method]()
