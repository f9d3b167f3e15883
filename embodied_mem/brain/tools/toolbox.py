"""All tools over one memory for one caller."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, final

from embodied_mem.brain.deriving import attach_derivers
from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.arguments import (
    Arguments,
    Forget,
    History,
    Recall,
    Remember,
    ShowSnapshot,
    WhatIsNear,
    WhereIs,
)
from embodied_mem.brain.tools.past import history
from embodied_mem.brain.tools.pictures import show_snapshot
from embodied_mem.brain.tools.places import what_is_near, where_is
from embodied_mem.brain.tools.recall import recall
from embodied_mem.brain.tools.result import ToolResult, quoted
from embodied_mem.brain.tools.schemas import Format, tool_schemas
from embodied_mem.brain.tools.tool import Tool, failure
from embodied_mem.brain.tools.writing import forget, remember
from embodied_mem.errors import ConfigError
from embodied_mem.memory.search.embedders import TextEmbedder
from embodied_mem.memory.store import MemoryStore

_READING: Final[tuple[tuple[type[Arguments], Callable[[Access, Any], ToolResult]], ...]] = (
    (Recall, recall),
    (WhereIs, where_is),
    (WhatIsNear, what_is_near),
    (History, history),
    (ShowSnapshot, show_snapshot),
)
_WRITING: Final[tuple[tuple[type[Arguments], Callable[[Access, Any], ToolResult]], ...]] = (
    (Remember, remember),
    (Forget, forget),
)


@final
class Toolbox(Mapping[str, Tool]):
    """Tools by name; made by `MemoryStore.tools`."""

    def __init__(self, access: Access, tools: tuple[Tool, ...]) -> None:
        self.access = access
        self._tools = {tool.name: tool for tool in tools}

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def schemas(self, format: Format = "openai") -> list[dict[str, Any]]:
        """Returns all tools as a model's or a client's `tools` take them; see `tool_schemas`."""
        return tool_schemas(self.values(), format)

    def call(self, name: str, arguments: Mapping[str, Any] | str | None) -> ToolResult:
        """Carries out a call by name, as a model made it; never raises.

        Args:
            name: Of the tool.
            arguments: A mapping, or the JSON text of one.
        """
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is not None:
            return tool.call(arguments)
        if name in {run.__name__ for _, run in _WRITING}:
            return failure(f"{name} writes, and this memory was opened to be read only.")
        return failure(f"There is no tool {quoted(str(name))}; there are {', '.join(self)}.")


def memory_tools(
    store: MemoryStore,
    *,
    viewer: str | None = None,
    write: bool = False,
    embedder: TextEmbedder | None = None,
) -> Toolbox:
    """Returns the tools of a memory, for any model that calls functions.

    Args:
        store: The memory; another process may write to it meanwhile.
        viewer: Who calls: told is only what is shared, and what this one observed; what they
            write is theirs. None for the robot itself, which may know all.
        write: Whether there are tools that write: `remember` and `forget`.
        embedder: Makes the vectors of queries and notes; a `HashingEmbedder` where None.

    Raises:
        ConfigError: If `write` is asked of a store that was opened for reading.
    """
    if write and not store.writable:
        raise ConfigError("this memory was opened for reading; open MemoryStore(path) to write")
    access = Access(store, viewer=viewer, embedder=embedder)
    tools = [Tool(name=run.__name__, arguments=of, run=run, access=access) for of, run in _READING]
    if write:
        attach_derivers(store)
        tools += [
            Tool(
                name=run.__name__,
                arguments=of,
                run=run,
                access=access,
                writes=True,
                destroys=run is forget,
            )
            for of, run in _WRITING
        ]
    return Toolbox(access, tuple(tools))
