"""`embodied-mem train policy`: an agent learns a memory task, with one of four memories."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from embodied_mem.allocation.training import require_train_extra
from embodied_mem.cli.progress import progress
from embodied_mem.cli.training_report import report_training
from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class TrainPolicy:
    """Train an agent on a memory task, with a transformer that reads its memory or without."""

    env: str = "repeat_first"
    """A guest, such as `t_maze`, `minigrid_memory` or `mortar_mayhem`, or the id of any environment
    that Gymnasium knows."""
    memory: Literal["none", "stack", "recurrent", "sat"] = "sat"
    """`sat` reads a memory with the spatially-aware transformer; `none`, a frame `stack` and a
    `recurrent` policy are there to compare with."""
    out: Path = Path("runs/policy")
    """Folder for the policy (policy.safetensors, policy.json) and the result."""
    seed: int = 0
    """Of the weights, the episodes and everything that is drawn."""
    steps: int | None = None
    """Steps of the environment; each guest has its own number, others 200000."""
    slots: int | None = None
    """Of the memory; each guest has its own number, others 8."""
    rule: str | None = None
    """Fixed rule that fills the memory of `sat`, or `agent`: it chooses itself, with each action;
    each guest has its own rule, others `fifo`."""
    evaluated: int = 100
    """Episodes played after the training."""
    json: Path | None = None
    """Write the result to this file too."""

    def run(self) -> int:
        """Trains, saves, plays, prints what was reached and returns 0.

        Raises:
            ConfigError: If no episode is to be played.
        """
        require_train_extra()
        if self.evaluated < 1:
            raise ConfigError(f"--evaluated is {self.evaluated}; expected at least 1")
        # One thread, whatever libraries would like: the same bits on every machine of a kind.
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        from embodied_mem.models.training.policy import train_policy
        from embodied_mem.models.training.policy_files import save_policy
        from embodied_mem_envs.guests.play import play, policy_config, task
        from embodied_mem_envs.guests.table import EVALUATED

        guest = task(self.env, steps=self.steps, slots=self.slots, rule=self.rule)
        config = policy_config(guest, self.memory, self.seed)
        with progress(f"train policy {self.env}", config.updates) as advance:
            trained = train_policy(guest.maker(self.memory), config, advance)
        about = {"env": self.env, "slots": guest.slots, "rule": guest.rule}
        save_policy(self.out / "policy", trained, about)
        seeds = range(EVALUATED, EVALUATED + self.evaluated)
        result = play(guest, trained, seeds)
        metrics: dict[str, float | None] = {
            "score": result.mean_score,
            "return": result.mean_return,
            "steps": trained.model.num_timesteps,
            "train_cpu_s": trained.cpu_s,
        }
        extra = {"about": about, "score": guest.score, "curve": trained.curve}
        report_training("train policy", self, metrics, extra, kept=self.out / "policy")
        return 0
