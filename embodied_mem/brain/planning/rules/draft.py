"""A plan in the making: every subtask that is added is also done in thought."""

from collections import Counter
from collections.abc import Sequence

from embodied_mem.brain.plan.schema import Handler, Node, Task
from embodied_mem.brain.planning.rules import steps
from embodied_mem.brain.planning.rules.goals import At, In, On, Target, said
from embodied_mem.brain.planning.rules.world import World


class Draft:
    """Collects subtasks; ids are unique and say what is done."""

    def __init__(self, world: World, suffix: str = "") -> None:
        """Starts an empty plan.

        Args:
            world: What is thought of the scene; it changes as the plan grows.
            suffix: Ends every id, so that the nodes of a revision differ from those they join.
        """
        self.world = world
        self._suffix = suffix
        self.nodes: list[Node] = []
        self._names: Counter[str] = Counter()

    def name(self, stem: str) -> str:
        """Returns an id that no other node of the plan has."""
        self._names[stem] += 1
        number = "" if self._names[stem] == 1 else f"_again_{self._names[stem]}"
        return f"{stem}{number}{self._suffix}"

    def add(
        self,
        stem: str,
        goal: str,
        children: Sequence[Node],
        post: tuple[str, ...] = (),
        handlers: tuple[Handler, ...] = (),
    ) -> None:
        """Adds a subtask."""
        self.nodes.append(self.task(stem, goal, children, post, handlers))

    def task(
        self,
        stem: str,
        goal: str,
        children: Sequence[Node],
        post: tuple[str, ...] = (),
        handlers: tuple[Handler, ...] = (),
    ) -> Task:
        """Makes a subtask without adding it."""
        return Task(
            id=self.name(stem), goal=goal, children=tuple(children), post=post, handlers=handlers
        )

    def move(
        self, thing: str, target: Target, *, aside: bool = False, at_last: Target | None = None
    ) -> None:
        """Takes a thing, unless the hand holds it already, and puts it somewhere.

        Args:
            thing: What is moved.
            target: Where to.
            aside: Whether this is only to put it out of the way.
            at_last: Where it belongs in the end, if that is elsewhere: once it is there, it need
                not be put aside again.
        """
        children: list[Node] = []
        if self.world.holding != thing:
            children.append(steps.pick(self.name(f"pick_{thing}"), thing))
        picked = children[0].id if children else ""
        name = self.name(f"place_{thing}")
        children.append(steps.place(name, thing, target, picked=picked))
        if isinstance(target, On):
            children.append(steps.home(self.name("look_at_pile")))
        piece = self.world.things[thing]
        post: tuple[str, ...] = (target.condition(thing),)
        if at_last is not None:
            post = (f"{post[0]} or {at_last.condition(thing)}",)
        if isinstance(target, At) and target.is_near(piece):
            post = ()  # it is only to be turned, which no condition can tell
        goal = f"put the {said(thing)} {'aside, ' if aside else ''}{target.words()}"
        self.add(f"move_{thing}", goal, children, post)
        self._moved(thing, target)

    def push(self, thing: str, target: At) -> None:
        """Slides a thing along the table."""
        step = steps.push(self.name(f"push_{thing}"), thing, target)
        goal = f"push the {said(thing)} {target.words()}"
        self.add(f"shift_{thing}", goal, [step], (target.condition(thing),))
        self._moved(thing, target)

    def open(self, drawer: str) -> None:
        """Opens a drawer."""
        step = steps.open_drawer(self.name(f"open_{drawer}"), drawer)
        goal = f"open the {said(drawer)}"
        self.add(f"have_{drawer}_open", goal, [step], (f"opened({drawer})",))
        self.world.opened[drawer] = True

    def open_if_inside(self, drawer: str, thing: str) -> None:
        """Opens a drawer if a thing is in it, which will only show."""
        step = steps.open_drawer(self.name(f"open_{drawer}"), drawer)
        goal = f"open the {said(drawer)} if the {said(thing)} is in it"
        post = (f"opened({drawer}) or not inside({thing}, {drawer})",)
        self.add(f"reach_{thing}_in_{drawer}", goal, [step], post)
        self.world.opened[drawer] = None

    def close(self, drawer: str) -> None:
        """Closes a drawer."""
        step = steps.close_drawer(self.name(f"close_{drawer}"), drawer)
        goal = f"close the {said(drawer)}"
        self.add(f"have_{drawer}_closed", goal, [step], (f"closed({drawer})",))
        self.world.opened[drawer] = False

    def survey(self) -> None:
        """Draws the arm back, so that the camera shows how things lie now."""
        self.nodes.append(steps.home(self.name("look_over_all")))

    def _moved(self, thing: str, target: Target) -> None:
        world = self.world
        piece = world.things[thing]
        half = 0.5 * piece.size[2]
        if isinstance(target, At):
            spot, place, yaw = (target.x, target.y, half), "table", target.yaw
        elif isinstance(target, On):
            base = world.things[target.holder]
            spot, place, yaw = (*base.position[:2], base.top + half), base.place, None
        else:
            spot, place, yaw = _inside(world, target, half), target.holder, None
        world.holding = ""
        world.update(
            thing,
            position=spot,
            place=place,
            yaw=piece.yaw if yaw is None else yaw,
            lost=False,
            missing=False,
        )


def _inside(world: World, target: In, half: float) -> tuple[float, float, float]:
    view = world.fixtures[target.holder]
    return (
        0.5 * (view.low[0] + view.high[0]),
        0.5 * (view.low[1] + view.high[1]),
        view.low[2] + half,
    )
