"""Retrieval that learns: what weighs the signals of a question, and what it learns from."""

from embodied_mem.memory.reranking.linear import LinearConfig as LinearConfig
from embodied_mem.memory.reranking.linear import LinearReranker as LinearReranker
from embodied_mem.memory.reranking.reranker import Lesson as Lesson
from embodied_mem.memory.reranking.reranker import Plan as Plan
from embodied_mem.memory.reranking.reranker import Reranker as Reranker

__all__ = ["Lesson", "LinearConfig", "LinearReranker", "Plan", "Reranker"]
