"""Answers from a saved memory alone: the agent ends, its folder is copied, a new process answers.

Nothing else goes over: no truth, no body, no pickles. What answers there is named by
`module:function` (`OpenMemory`).
"""

from embodied_mem_envs.evaluation.elsewhere.folder import hand_over, stored_bytes
from embodied_mem_envs.evaluation.elsewhere.process import AnsweringProcess, answer_elsewhere
from embodied_mem_envs.evaluation.elsewhere.side import Answerer, OpenMemory

__all__ = [
    "Answerer",
    "AnsweringProcess",
    "OpenMemory",
    "answer_elsewhere",
    "hand_over",
    "stored_bytes",
]
