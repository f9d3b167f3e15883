"""Whether a training that was cut off and resumed ends in the same bits as one that was not."""

from pathlib import Path

from embodied_mem.allocation.training.session import Session, SessionConfig
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.practice import PracticeConfig, prepare
from embodied_mem_envs.allocation.stream_file import load_streams


def bench_resume(folder: Path) -> dict[str, float]:
    """Returns `resume_identical`, 1 if the parameters of PPO and of GRPO are the same bits."""
    same = [_same(algorithm, folder / algorithm) for algorithm in ("ppo", "grpo")]
    return {"resume_identical": float(all(same))}


def _same(algorithm: str, folder: Path) -> bool:
    whole = _session(algorithm, folder / "whole")
    whole.run()
    first = _session(algorithm, folder / "cut")
    first.trainer.update()
    first.trainer.update()
    first.save()
    second = _session(algorithm, folder / "cut")
    second.resume()
    second.run()
    ends = [session.trainer.snapshot().arrays for session in (whole, second)]
    return ends[0].keys() == ends[1].keys() and all(
        ends[0][name].tobytes() == ends[1][name].tobytes() for name in ends[0]
    )


def _session(algorithm: str, folder: Path) -> Session:
    config = PracticeConfig(
        algorithm=algorithm,
        episode=EpisodeConfig(arrivals=12, slots=3, after=4),
        pool=64,
        evaluated=16,
        warm=1,
        updates=3,
    )
    practice = prepare(config, load_streams())
    session = SessionConfig(folder=folder, tensorboard=False, evaluate_every=100)
    return Session(practice.trainer, practice.validation, {}, practice.about, session)
