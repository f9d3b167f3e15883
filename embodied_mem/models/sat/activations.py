"""What training keeps of a forward pass for the gradient: all, or what fits into a byte budget."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar, final

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils.checkpoint import checkpoint

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.activations_meter import note_held, storage_of, storages_of, unhooked
from embodied_mem.models.sat.activations_plan import (
    SMALL,
    Costs,
    Placement,
    Plan,
    StageCost,
    make_plan,
)
from embodied_mem.models.sat.activations_scratch import OffloadedTensor, Offloader
from embodied_mem.models.sat.activations_tree import of_tensors, tensors_in
from embodied_mem.models.sat.config import Activations

T = TypeVar("T")
_FIXED: Final = {
    "recompute": Placement(recompute=True, other=1.0),
    "offload": Placement(recompute=True, other=0.0),
}
_BETWEEN: Final = ""
"""What a pass does outside of its stages; it is not computed again."""
_PROBE_BYTES: Final = 1 << 24
_REPEATS: Final = 3


@final
class Stages:
    """Runs the stages of a model so that their activations are treated as the settings say.

    `keep` runs them as they are. `recompute` saves only what goes into each stage, and runs it
    again for the gradient; `offload` puts that on the disk, too. `plan` measures the stages on the
    first pass and finds what to keep, recompute and put on the disk so that at most
    `activation_bytes` stay in memory at the least time (`make_plan`). The gradient is the same to
    the bit in all of them, as long as a stage is a function of its inputs and its parameters.

    Bytes are counted as `SavedBytes` counts them. A pass that is larger than those planned for is
    measured anew, at about twice its time, and keeps next to nothing; the disk is the folder for
    temporary files.

    >>> layers = [torch.nn.Linear(8, 8) for _ in range(3)]
    >>> stages = Stages("recompute")
    >>> x = torch.ones(2, 8)
    >>> with stages.forward(known=[x]):
    ...     for number, layer in enumerate(layers):
    ...         x = stages.run(f"layer {number}", layer, x)
    """

    def __init__(self, activations: Activations, activation_bytes: int | None = None) -> None:
        """Plans nothing yet; the arguments are those of `SATConfig`.

        Raises:
            ConfigError: If there is no budget to plan for.
        """
        if activations == "plan" and activation_bytes is None:
            raise ConfigError('activations="plan" needs activation_bytes')
        self.activations = activations
        self.activation_bytes = activation_bytes
        self.plans: list[tuple[tuple[int, ...], Plan]] = []
        """What was planned, each with the sizes of what went in as `known`."""
        self._offloader = Offloader()
        self._known: frozenset[StorageWeakRef] = frozenset()
        self._plan: Plan | None = None
        self._measured: _Measured | None = None

    @contextmanager
    def forward(self, known: Any, parameters: Iterable[Tensor] = ()) -> Iterator[None]:
        """Surrounds a forward pass.

        Args:
            known: What goes in, tensors, tuples and dataclasses of them, always of one kind; not
                counted and not put away.
            parameters: Likewise, and buffers.
        """
        if self.activations == "keep" or not torch.is_grad_enabled():
            yield
            return
        given = tensors_in(known)
        self._known = storages_of([*given, *parameters])
        sizes = tuple(tensor.numel() for tensor in given)
        if self.activations == "plan":
            self._plan = self._planned_for(sizes)
            self._measured = _Measured(given[0].device) if self._plan is None else None
        between: list[Tensor] | None = None if self._measured is None else []
        try:
            with self._hooks(self._placement(_BETWEEN), between):
                yield
            if self._measured is not None:
                assert self.activation_bytes is not None and between is not None
                costs = self._measured.costs(self._known, between)
                self.plans.append((sizes, make_plan(costs, self.activation_bytes)))
        finally:
            self._offloader.forget()
            self._measured = None
            self._known = frozenset()

    def run(self, name: str, stage: Callable[..., T], *inputs: Any) -> T:
        """Returns `stage(*inputs)`, inside `forward`.

        Args:
            name: Of the stage; no other has it.
            stage: A function of its inputs and parameters alone: tensors that it takes from
                elsewhere stay in memory uncounted.
            inputs: Tensors, tuples and dataclasses of them, and whatever else; results are alike.
        """
        if self.activations == "keep" or not torch.is_grad_enabled():
            return stage(*inputs)
        # Given as they are, tensors inside of something else would be held uncounted.
        call, tensors = of_tensors(stage, inputs), tensors_in(inputs)
        if self._measured is not None:
            result: T = self._measure(self._measured, name, call, tensors)
            return result
        placed: T = self._placed(self._placement(name), call, tensors)
        return placed

    def _placement(self, name: str) -> Placement:
        if self._plan is not None:
            return self._plan.stages.get(name, _FIXED["offload"])
        return _FIXED.get(self.activations, _FIXED["offload"])

    def _planned_for(self, sizes: tuple[int, ...]) -> Plan | None:
        fitting = (
            plan
            for planned, plan in self.plans
            if len(planned) == len(sizes)
            and all(own <= most for own, most in zip(sizes, planned, strict=True))
        )
        return next(fitting, None)

    def _placed(
        self,
        placement: Placement,
        stage: Callable[..., Any],
        inputs: Sequence[Tensor],
        saved: list[Tensor] | None = None,
    ) -> Any:
        with self._hooks(placement, saved):
            if not placement.recompute:
                return stage(*inputs)
            return checkpoint(stage, *inputs, use_reentrant=False)

    def _hooks(self, placement: Placement, saved: list[Tensor] | None) -> saved_tensors_hooks:
        """Returns hooks that put saved tensors where they belong, and list them where asked to."""
        count = 0

        def pack(tensor: Tensor) -> Tensor | OffloadedTensor:
            nonlocal count
            share = placement.share(count)
            count += 1
            if saved is not None:
                saved.append(unhooked(tensor))
            small = tensor.untyped_storage().nbytes() < SMALL
            if share >= 1.0 or small or storage_of(tensor) in self._known:
                note_held(tensor)
                return unhooked(tensor)
            packed = self._offloader.pack(tensor, share)
            note_held(packed.head)
            return packed

        return saved_tensors_hooks(pack, _unpack)

    def _measure(
        self,
        measured: "_Measured",
        name: str,
        stage: Callable[..., Any],
        inputs: Sequence[Tensor],
    ) -> Any:
        alone = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in inputs]
        kept: list[Tensor] = []
        with saved_tensors_hooks(_into(kept), _unpack):
            trial = stage(*alone)
        with saved_tensors_hooks(unhooked, unhooked):
            seconds = min(_timed(lambda: stage(*alone), measured.device) for _ in range(_REPEATS))
        saved: list[Tensor] = []
        result = self._placed(_FIXED["offload"], stage, inputs, saved)
        # The trial's results stand for the true ones, which later stages save.
        same = dict(zip(_results(trial), _results(result), strict=True))
        measured.stages.append(
            StageCost(
                name=name,
                kept=measured.note(kept, same),
                inputs=measured.note(saved, {}),
                seconds=seconds,
            )
        )
        return result


@final
class _Measured:
    """What a first pass has shown so far."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stages: list[StageCost] = []
        self._sizes: dict[StorageWeakRef, int] = {}

    def note(
        self, saved: Iterable[Tensor], same: Mapping[StorageWeakRef, StorageWeakRef]
    ) -> tuple[StorageWeakRef, ...]:
        """Notes sizes of saved tensors; returns their storages, under the names in `same`."""
        storages = []
        for tensor in saved:
            storage = storage_of(tensor)
            storages.append(same.get(storage, storage))
            self._sizes[storages[-1]] = tensor.untyped_storage().nbytes()
        return tuple(storages)

    def costs(self, known: frozenset[StorageWeakRef], between: Iterable[Tensor]) -> Costs:
        """Returns it without what is known, with what was saved between stages and disk times."""
        rest = self.note(between, {})
        self.stages.append(StageCost(name=_BETWEEN, kept=rest, inputs=rest, seconds=0.0))
        write, read = _disk_seconds(self.device)
        return Costs(
            stages=tuple(self.stages),
            sizes={name: size for name, size in self._sizes.items() if name not in known},
            write_byte=write / _PROBE_BYTES,
            read_byte=read / _PROBE_BYTES,
        )


def _results(result: Any) -> list[StorageWeakRef]:
    return [storage_of(tensor) for tensor in tensors_in(result)]


def _disk_seconds(device: torch.device) -> tuple[float, float]:
    """Returns the seconds that writing and reading back `_PROBE_BYTES` takes."""
    offloader = Offloader()
    data = torch.zeros(_PROBE_BYTES, dtype=torch.uint8, device=device)
    written, read = [], []
    for _ in range(_REPEATS):
        written.append(_timed(lambda: offloader.pack(data, 0.0), device))
        read.append(_timed(offloader.pack(data, 0.0).restored, device))
        offloader.forget()
    return min(written), min(read)


def _timed(work: Callable[[], Any], device: torch.device) -> float:
    """Returns the CPU time that work takes, or on a GPU, which works on its own, the time."""
    if device.type == "cpu":
        start = time.process_time()
        work()
        return time.process_time() - start
    torch.accelerator.synchronize(device)
    start = time.perf_counter()
    work()
    torch.accelerator.synchronize(device)
    return time.perf_counter() - start


def _into(tensors: list[Tensor]) -> Callable[[Tensor], Tensor]:
    def pack(tensor: Tensor) -> Tensor:
        tensors.append(unhooked(tensor))
        return unhooked(tensor)

    return pack


def _unpack(packed: Tensor | OffloadedTensor) -> Tensor:
    return packed.restored() if isinstance(packed, OffloadedTensor) else packed
