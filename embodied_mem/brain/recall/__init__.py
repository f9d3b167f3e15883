"""What the robot itself did: things that it carried, rooms that it was in, visit by visit."""

from embodied_mem.brain.recall.answers import RecallAnswer as RecallAnswer
from embodied_mem.brain.recall.answers import answer_recall as answer_recall
from embodied_mem.brain.recall.history import Carry as Carry
from embodied_mem.brain.recall.history import History as History
from embodied_mem.brain.recall.history import Stay as Stay
from embodied_mem.brain.recall.history import Thing as Thing
from embodied_mem.brain.recall.memory import EventMemory as EventMemory
from embodied_mem.brain.recall.reading import read_history as read_history

__all__ = [
    "Carry",
    "EventMemory",
    "History",
    "RecallAnswer",
    "Stay",
    "Thing",
    "answer_recall",
    "read_history",
]
