"""Agents that live through the episodes of mobile tasks, ours and those it is compared with."""
