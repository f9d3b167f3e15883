"""Questions about a house, answered after exploring it, or from a walk that was shown."""

from embodied_mem_envs.tasks.question_answering.config import QuestionAnsweringConfig
from embodied_mem_envs.tasks.question_answering.episode import QuestionAnswering, make

__all__ = ["QuestionAnswering", "QuestionAnsweringConfig", "make"]
