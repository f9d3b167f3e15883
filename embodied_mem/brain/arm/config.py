"""How the skills of a hand behave: speeds, forces and patience."""

from dataclasses import dataclass, field

from embodied_mem.brain.arm.motion import MotionLimits


@dataclass(frozen=True, kw_only=True, slots=True)
class HandConfig:
    """Settings of all skills of one hand."""

    limits: MotionLimits = field(default_factory=MotionLimits)
    """How briskly the joints may move."""
    carrying: MotionLimits = field(
        default_factory=lambda: MotionLimits(speed=0.55, acceleration=5.0, jerk=60.0)
    )
    """The same with something in the hand, which a brisk start would shake loose."""
    descend: float = 0.25
    """Speed at which the hand goes straight down or up, m/s."""
    touch: float = 0.028
    """Speed at which it looks for contact, m/s."""
    creep: float = 0.012
    """Speed at which it presses on what does not give way, m/s."""
    slide: float = 0.12
    """Speed at which it pushes, pulls and wipes, m/s."""
    soft: float = 0.04
    """Speed at which the fingers close on what cannot move, m/s."""
    touched: float = 3.0
    """Force from outside that counts as touching, N."""
    bumped: float = 30.0
    """Force from outside at which a skill gives up, N."""
    pressed: float = 15.0
    """Force from outside from which a skill first steps back from what it finds before it, N."""
    least_grip: float = 1.0
    """Force between the fingers below which nothing is held, N."""
    least_opening: float = 0.004
    """Distance of the closed fingers below which nothing is between them, m."""
    settle: int = 60
    """How many ticks the arm may take to come to rest where a motion ended."""
    at_rest: float = 0.006
    """Largest joint error that counts as arrived, rad."""
    yields: float = 1.0
    """How long it waits where what it ran into leaves no other way, s."""
    patience: float = 3.0
    """How long a held-out thing waits to be taken before it is set down, s."""
    pulled: float = 4.0
    """Force from outside that counts as somebody taking what is held out, N."""
    clear: float = 0.15
    """Height of the tool from which it may go sideways, m."""
    lift: float = 0.12
    """How far a taken thing is lifted, m."""
    camera: tuple[float, float, float] = (0.065, 0.0, -0.075)
    """Where the wrist camera is in the frame of the tool, m."""
    look_from: float = 0.32
    """Height of the wrist camera over what it looks at, m."""
