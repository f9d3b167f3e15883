"""A list of objects with positions and captions, in ConceptGraphs' manner.

Gu et al. 2024, "ConceptGraphs: Open-Vocabulary 3D Scene Graphs for Perception and Planning"
(ICRA). Published: objects with a box and a caption each, merged over views, all of them given to
a language model as a list; no pictures are kept for it, nothing is ever deleted. In its favour:
the simulator's masks, names and ids; every frame is taken in; captions that tell the colour.
"""

from collections.abc import Sequence
from typing import Final, final

from embodied_mem.brain.seeking.target import Target
from embodied_mem.types import UInt8Array
from embodied_mem_envs.evaluation.agents.peers.detections import (
    DetectionRules,
    ObjectMap,
    accepted,
)
from embodied_mem_envs.evaluation.agents.peers.kept import Thing
from embodied_mem_envs.evaluation.agents.peers.look import Look

_RULES: Final = DetectionRules(include_distance=5.0)
"""Its detections pass the filters that 3D-Mem took over from it, but none on distance."""


@final
class ObjectList:
    """Implements `KeptMemory`."""

    def __init__(self) -> None:
        self._map = ObjectMap(_RULES)

    def take_in(self, look: Look) -> None:
        """Merges what is seen into the list."""
        for index in accepted(look, _RULES):
            self._map.add(look, index)

    def new_visit(self) -> None:
        """Ids mean nothing any more; what is on the list stays."""
        self._map.new_visit()

    def things(self) -> Sequence[Thing]:
        """Returns the list."""
        return [entry.thing(()) for entry in self._map.objects.values()]

    def chosen(self, things: Sequence[Thing], target: Target) -> Sequence[Thing]:
        """Returns all of it: the model reads the whole list."""
        return things

    def pictures(self) -> dict[int, UInt8Array]:
        """It keeps no pictures."""
        return {}

    def notes(self) -> tuple[str, ...]:
        """Returns the captions."""
        return tuple(f"a {thing.colour} {thing.category}" for thing in self.things())
