"""Consolidation: what ingest added is joined, superseded, linked, evolved and summed up later."""

from embodied_mem.memory.consolidation.config import ConsolidationConfig as ConsolidationConfig
from embodied_mem.memory.consolidation.consolidator import Consolidator as Consolidator
from embodied_mem.memory.consolidation.consolidator import consolidate_memory as consolidate_memory
from embodied_mem.memory.consolidation.evolution import Evolved as Evolved
from embodied_mem.memory.consolidation.evolution import evolve as evolve
from embodied_mem.memory.consolidation.reflection import drop_summaries as drop_summaries
from embodied_mem.memory.consolidation.reflection import reflect as reflect
from embodied_mem.memory.consolidation.report import ConsolidationReport as ConsolidationReport
from embodied_mem.memory.consolidation.shown import ShownLink as ShownLink
from embodied_mem.memory.consolidation.shown import links_of as links_of
from embodied_mem.memory.consolidation.summary import SummaryFact as SummaryFact
from embodied_mem.memory.consolidation.summary import is_summary as is_summary

__all__ = [
    "ConsolidationConfig",
    "ConsolidationReport",
    "Consolidator",
    "Evolved",
    "ShownLink",
    "SummaryFact",
    "consolidate_memory",
    "drop_summaries",
    "evolve",
    "is_summary",
    "links_of",
    "reflect",
]
