"""Answering sides for tests: what `OpenMemory` functions are in an agent."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embodied_mem_envs.evaluation.elsewhere import Answerer
from embodied_mem_envs.evaluation.elsewhere.wire import WorkerAnswer
from embodied_mem_envs.tasks.episode import Ask, Reply


def read_notes(folder: Path, options: Mapping[str, Any]) -> Answerer:
    def answer(ask: Ask) -> Reply:
        print("this must not get between the replies")
        if ask.text == "key":
            text = (folder / "notes.txt").read_text(encoding="utf-8").strip()
            value = {"pid": os.getpid(), "place": (1.0, 2.0, 3.0)}
            return Reply(
                text=text + str(options["mark"]),
                answer=WorkerAnswer(status="answered", certain=True, value=value),
                places=((1.0, 2.0, 3.0),),
                model_calls=1,
                tokens=7,
            )
        if ask.text == "where are you?":
            return Reply(text=str(folder))
        return Reply(text=", ".join(sorted(path.name for path in folder.parent.iterdir())))

    return answer


def break_often(_folder: Path, _options: Mapping[str, Any]) -> Answerer:
    def answer(ask: Ask) -> Reply:
        match ask.text:
            case "divide":
                return Reply(text=str(1 / 0))
            case "exit":
                print("the last words", file=sys.stderr, flush=True)
                os._exit(3)
            case "sleep":
                time.sleep(60.0)
        return Reply(text="still here")

    return answer
