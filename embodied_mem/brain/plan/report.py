"""What happened while a plan was carried out, for a person to read and for memory to keep."""

from typing import Literal

import msgspec

Outcome = Literal["running", "succeeded", "failed"]

What = Literal["started", "skipped", "done", "anomaly", "replanned", "ended"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to one node."""

    tick: int
    seconds: float
    """Time of the state in which it happened, s."""
    node: str
    what: What
    skill: str = ""
    """The skill that ran, with its arguments, as `pick(target=mug)`."""
    anomaly: str = ""
    """Which kind, where `what` is `anomaly`."""
    level: str = ""
    """Where it was handled."""
    detail: str = ""
    """What was noticed, in words."""
    action: str = ""
    """What was done about it, in words."""

    def text(self) -> str:
        """Returns it as one line.

        >>> Event(tick=3, seconds=1.5, node="take", what="done", skill="pick(target=mug)").text()
        '   1.50 s  take: done, pick(target=mug)'
        """
        head = f"{self.seconds:7.2f} s  {self.node}: "
        if self.what == "anomaly":
            return f"{head}{self.anomaly}, {self.detail} -> {self.level}: {self.action}"
        rest = ", ".join(part for part in (self.what, self.skill, self.detail, self.action) if part)
        return head + rest


class ExecutionReport(msgspec.Struct, kw_only=True):
    """The story of one run of a plan."""

    instruction: str
    outcome: Outcome = "running"
    reason: str = ""
    """Why it failed."""
    verified: bool = False
    """Whether it succeeded and what the plan promised was seen to hold in the end."""
    answer: str = ""
    """What there is to say in the end."""
    ticks: int = 0
    seconds: float = 0.0
    """Time that the run took, s."""
    replans: int = 0
    """How often the cortex was asked again."""
    events: list[Event] = []

    @property
    def anomalies(self) -> tuple[Event, ...]:
        """The events that were anomalies."""
        return tuple(event for event in self.events if event.what == "anomaly")

    def text(self) -> str:
        """Returns the whole story: what was tried, noticed and done, and how it ended."""
        lines = [f"{self.instruction!r}: {self._end()}"]
        lines += [event.text() for event in self.events]
        if self.answer:
            lines.append(f"answer: {self.answer}")
        return "\n".join(lines)

    def _end(self) -> str:
        if self.outcome == "running":
            return f"still running after {self.seconds:.2f} s"
        how: str = self.outcome
        if self.outcome == "succeeded":
            how += " and was verified" if self.verified else " but could not be verified"
        else:
            how += f", {self.reason}"
        noticed = len(self.anomalies)
        plural = "anomaly" if noticed == 1 else "anomalies"
        return f"{how}, after {self.seconds:.2f} s, with {noticed} {plural}"
