"""Scripts of mixed sessions without the house, what is true of them, and what a diary keeps."""

import numpy as np

from embodied_mem.brain.partners import Diary
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.tasks.mixed_session.ledger import Ledger
from embodied_mem_envs.tasks.mixed_session.script import Script, draw_script


def script_of(seed: int) -> Script:
    return draw_script(np.random.default_rng(seed), first_tick=0, ticks_between=1000)


def ledger_of(script: Script) -> Ledger:
    ledger = Ledger()
    for session in script.sessions:
        ledger.tellings += [line.telling for line in session.lines if line.telling]
    return ledger


def store_of(script: Script) -> MemoryStore:
    store = MemoryStore()
    diary = Diary(store)
    for session in script.sessions:
        for tick, line in enumerate(session.lines):
            at = line.telling.tick if line.telling else session.number * 1000 + 500 + tick
            diary.hear(line.speaker, line.text, tick=at, session=session.number)
    return store
