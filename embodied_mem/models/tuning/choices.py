"""What is counted and what is asked for, in the words of the command line."""

from typing import Literal

Worth = Literal["calls", "tokens"]
"""What is to be high: useful calls per second, or the tokens that these read and wrote."""
Judge = Literal["content", "form"]
"""Whether an answer must be right, or only whole and of the right form."""
