"""Gymnasium environments in which memory is what is trained and scored.

Importing the package registers every environment of `ENVIRONMENTS`;
`gym.make("embodied_mem_envs:EmbodiedMem/Explore-v0")` does both at once.
"""

from collections.abc import Mapping

import gymnasium as gym

ENVIRONMENTS: Mapping[str, tuple[str, int | None]] = {
    "EmbodiedMem/Allocation-v0": ("embodied_mem_envs.allocation.env:AllocationEnv", None),
    "EmbodiedMem/ContextEdit-v0": ("embodied_mem_envs.context_edit.env:ContextEditEnv", None),
    "EmbodiedMem/Explore-v0": ("embodied_mem_envs.explore:ExploreEnv", 500),
    "EmbodiedMem/LifelongNav-v0": ("embodied_mem_envs.tasks.lifelong_nav.env:LifelongNavEnv", None),
    "EmbodiedMem/HiddenRule-v0": ("embodied_mem_envs.tasks.hidden_rule.env:HiddenRuleEnv", None),
    "EmbodiedMem/LabelExpansion-v0": (
        "embodied_mem_envs.tasks.label_expansion.env:LabelExpansionEnv",
        None,
    ),
    "EmbodiedMem/Recall-v0": ("embodied_mem_envs.tasks.recall.env:RecallEnv", None),
    "EmbodiedMem/MixedSession-v0": (
        "embodied_mem_envs.tasks.mixed_session.env:MixedSessionEnv",
        None,
    ),
    "EmbodiedMem/Manipulate-v0": ("embodied_mem_envs.manipulate:ManipulateEnv", 1200),
    "EmbodiedMem/PatchWalk-v0": ("embodied_mem_envs.patch_walk.env:PatchWalkEnv", None),
    "EmbodiedMem/QuestionAnswering-v0": (
        "embodied_mem_envs.tasks.question_answering.env:QuestionAnsweringEnv",
        None,
    ),
    "EmbodiedMem/RoomBallet-v0": ("embodied_mem_envs.room_ballet.env:RoomBalletEnv", None),
    "EmbodiedMem/TMaze-v0": ("embodied_mem_envs.t_maze:TMazeEnv", 500),
}
"""Entry point, and number of steps after which an episode is truncated, by environment id."""

for _name, (_entry_point, _max_steps) in ENVIRONMENTS.items():
    if _name not in gym.registry:
        gym.register(_name, entry_point=_entry_point, max_episode_steps=_max_steps)
