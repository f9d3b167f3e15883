"""Training and evaluation on many machines through Ray; needs the extra `ray`.

`cluster.joined` joins or starts one, `ray_rollouts.RayRollouts` plays shards of episodes on it,
`population` tells of trainings beside each other, `evaluation.running.ray_executor.RayExecutor`
carries out evaluations, and `register_with_rllib` makes our environments known to RLlib.
"""

from embodied_mem_envs.scale.rllib import register_with_rllib

__all__ = ["register_with_rllib"]
