"""What was measured at one setting, and what that is worth."""

from dataclasses import dataclass
from typing import Literal, final

from embodied_mem.models.tuning.choices import Worth


@final
@dataclass(frozen=True, kw_only=True)
class Trial:
    """How calls at one setting went.

    Goodput is of Zhong et al. 2024 (DistServe, section 1): what is done within a bound of the
    latency; here it must be of use, too.
    """

    calls: int
    """Calls that were made."""
    useful: int
    """Calls that were answered in time, whole and well."""
    late: int
    """Calls that took longer than the bound, or were given up."""
    wrong: int
    """Calls whose answer was cut off, malformed or not right."""
    failed: int
    """Calls that were refused or broke off."""
    tokens: int
    """Tokens that the useful calls read and wrote."""
    seconds: float
    """From the first call to the last answer."""
    p50: float
    """Median latency of the calls that were answered, s; 0 without any."""
    p95: float
    """The latency that 95 % of them stayed under, s."""
    trouble: str = ""
    """The first failure, or the first answer that was of no use, in words."""

    def goodput(self, worth: Worth = "calls") -> float:
        """Returns useful calls, or their tokens, per second; 0 where nothing was of use."""
        done = self.useful if worth == "calls" else self.tokens
        return done / self.seconds if self.seconds > 0 else 0.0


@final
@dataclass(frozen=True, kw_only=True)
class Answered:
    """How one call went."""

    kind: Literal["useful", "late", "wrong", "failed"]
    """What became of it."""
    seconds: float
    """How long it took."""
    tokens: int = 0
    """What it read and wrote."""
    trouble: str = ""
    """Why it was of no use, in words."""


def summed(answers: list[Answered], seconds: float) -> Trial:
    """Returns a trial of these calls, which took so long together."""
    counts = {kind: 0 for kind in ("useful", "late", "wrong", "failed")}
    for answer in answers:
        counts[answer.kind] += 1
    latencies = sorted(answer.seconds for answer in answers if answer.kind != "failed")
    return Trial(
        calls=len(answers),
        **counts,
        tokens=sum(answer.tokens for answer in answers if answer.kind == "useful"),
        seconds=seconds,
        p50=_quantile(latencies, 0.5),
        p95=_quantile(latencies, 0.95),
        trouble=next((answer.trouble for answer in answers if answer.trouble), ""),
    )


def _quantile(rising: list[float], share: float) -> float:
    return rising[min(int(share * len(rising)), len(rising) - 1)] if rising else 0.0
