"""What a person asks an arm to do, in plain English, understood without a language model."""

from embodied_mem.brain.language.instructions.parser import EXAMPLES as EXAMPLES
from embodied_mem.brain.language.instructions.parser import parse_instruction as parse_instruction
from embodied_mem.brain.language.instructions.words import InstructionWords as InstructionWords
from embodied_mem.brain.language.instructions.words import instruction_words as instruction_words

__all__ = ["EXAMPLES", "InstructionWords", "instruction_words", "parse_instruction"]
