"""Questions in plain English, answered from memory without a language model."""

from embodied_mem.brain.language.answers import Answer as Answer
from embodied_mem.brain.language.answers import answer_question as answer_question
from embodied_mem.brain.language.by_meaning import Meaning as Meaning
from embodied_mem.brain.language.meaning import MeaningConfig as MeaningConfig
from embodied_mem.brain.language.meaning import OpenVocabulary as OpenVocabulary
from embodied_mem.brain.language.question import Question as Question
from embodied_mem.brain.language.questions import EXAMPLES as EXAMPLES
from embodied_mem.brain.language.questions import parse_question as parse_question
from embodied_mem.brain.language.recollection import Citation as Citation
from embodied_mem.brain.language.relations import AnswerConfig as AnswerConfig
from embodied_mem.brain.language.vocabulary import Vocabulary as Vocabulary
from embodied_mem.brain.language.vocabulary import load_vocabulary as load_vocabulary

__all__ = [
    "EXAMPLES",
    "Answer",
    "AnswerConfig",
    "Citation",
    "Meaning",
    "MeaningConfig",
    "OpenVocabulary",
    "Question",
    "Vocabulary",
    "answer_question",
    "load_vocabulary",
    "parse_question",
]
