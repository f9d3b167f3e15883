"""One robot, three partners, six sessions: who may hear what, and what holds now."""

from embodied_mem_envs.tasks.mixed_session.config import MixedSessionConfig as MixedSessionConfig
from embodied_mem_envs.tasks.mixed_session.episode import MixedSessionEpisode as MixedSessionEpisode

__all__ = ["MixedSessionConfig", "MixedSessionEpisode"]
