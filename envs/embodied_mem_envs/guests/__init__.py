"""Guests: memory tasks that others made, and ours beside them, for agents with and without memory.

`table.GUESTS` names them; `agents.agent_environment` gives each of the four agents what it sees.
"""
