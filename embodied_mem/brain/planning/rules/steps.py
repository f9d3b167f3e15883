"""The leaves of plans: one skill each, with what must hold around it and what to do if it fails.

A step carries only the handlers that its very failure calls for, such as picking a thing up again
that slipped; the executor's general ladder comes after them.
"""

from embodied_mem.brain.plan.schema import Handler, Step
from embodied_mem.brain.planning.rules.goals import At, On, Target

PUSH_SECONDS = 40.0
"""Things are pushed a little at a time; all other steps have the usual time limit, s."""


def pick(name: str, thing: str) -> Step:
    """Takes a thing into the hand."""
    return Step(
        id=name,
        skill="pick",
        args={"target": thing},
        pre=("hand_empty()",),
        invariant=(f"not missing({thing})",),
        post=(f"holding({thing})",),
        handlers=(
            # The wrong thing is in the hand: it must be put away first.
            Handler(
                on="postcondition",
                when=f"holding_any() and not holding({thing})",
                level="replan",
                times=2,
            ),
        ),
    )


def place(name: str, thing: str, target: Target, *, picked: str) -> Step:
    """Puts down what is held.

    Args:
        name: Id of the step.
        thing: What is held.
        target: Where to.
        picked: Id of the step that took the thing, to go back to where it slips; may be empty.
    """
    there = target.condition(thing)
    args: dict[str, str | float | bool | tuple[float, ...]] = {"target": thing}
    if isinstance(target, At):
        args["point"] = (round(target.x, 4), round(target.y, 4))
        if target.yaw is not None:
            args["yaw"] = round(target.yaw, 3)
        arriving = f"at({thing}, {target.x:.3f}, {target.y:.3f}, tol=0.08)"
    else:
        args["destination"] = target.holder
        arriving = f"above({thing}, {target.holder}) or {there}"
    return Step(
        id=name,
        skill="place",
        args=args,
        pre=(f"holding({thing})",),
        invariant=(f"holding({thing}) or {arriving}",),
        post=(f"not holding({thing})", _landed(thing, target)),
        handlers=dropped(thing, picked) if picked else (),
    )


def dropped(thing: str, picked: str) -> tuple[Handler, ...]:
    """Handles a thing that is no longer in the hand: it is picked up again."""
    return (Handler(when=f"not holding({thing})", level="backtrack", to=picked, times=2),)


def _landed(thing: str, target: Target) -> str:
    """Returns what the hand alone can tell of a thing that was let go; the camera tells more.

    A hand that draws back may still hide the thing, and its height is only known to a finger's
    breadth: whether it truly rests there is asked at the end.
    """
    if isinstance(target, On):
        return f"above({thing}, {target.holder}) or near({thing}, {target.holder}, 0.03)"
    return target.condition(thing)


def push(name: str, thing: str, target: At) -> Step:
    """Slides a thing along the table."""
    return Step(
        id=name,
        skill="push",
        args={"target": thing, "point": (round(target.x, 4), round(target.y, 4))},
        pre=("hand_empty()",),
        invariant=(f"not missing({thing})",),
        post=(target.condition(thing),),
        timeout=PUSH_SECONDS,
    )


def open_drawer(name: str, drawer: str) -> Step:
    """Opens a drawer."""
    return Step(
        id=name,
        skill="open",
        args={"drawer": drawer},
        pre=("hand_empty()",),
        post=(f"opened({drawer})",),
    )


def close_drawer(name: str, drawer: str) -> Step:
    """Closes a drawer."""
    return Step(
        id=name,
        skill="close",
        args={"drawer": drawer},
        pre=("hand_empty()",),
        post=(f"closed({drawer})",),
    )


def look(name: str, place: str) -> Step:
    """Holds the wrist camera over a fixture."""
    return Step(id=name, skill="look", args={"place": place})


def home(name: str) -> Step:
    """Clears the view of the front camera."""
    return Step(id=name, skill="home")
