"""A memory as tools that a language model calls."""

from embodied_mem.brain.tools.handles import Handles as Handles
from embodied_mem.brain.tools.result import Picture as Picture
from embodied_mem.brain.tools.result import ToolResult as ToolResult
from embodied_mem.brain.tools.schemas import tool_schemas as tool_schemas
from embodied_mem.brain.tools.tool import Tool as Tool
from embodied_mem.brain.tools.toolbox import Toolbox as Toolbox
from embodied_mem.brain.tools.toolbox import memory_tools as memory_tools

__all__ = ["Handles", "Picture", "Tool", "ToolResult", "Toolbox", "memory_tools", "tool_schemas"]
