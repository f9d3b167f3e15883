"""The lane that writes: a bounded queue, one thread, and an acknowledgement for every job."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar, final

from embodied_mem.errors import StoreError
from embodied_mem.memory.record import Operation

T = TypeVar("T")
Outcome = tuple[str | None, ...]


class Consolidates(Protocol):
    """Work that can wait: it is done a step at a time, when nothing else is to do."""

    def step(self) -> bool:
        """Does a little, and tells whether there is more to do now."""
        ...


class Acknowledgement(Future[T]):
    """Says when a job is done and durable, or what went wrong.

    A failure that nobody asks for here is raised by `Lanes.flush` and `Lanes.close`.
    """

    heard = False
    """Whether anybody asked how it went."""

    def result(self, timeout: float | None = None) -> T:
        """Waits, and returns what the job did; raises what it raised."""
        try:
            return super().result(timeout)
        finally:
            self.heard = self.done()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Waits, and returns what the job raised; None where it went well."""
        try:
            return super().exception(timeout)
        finally:
            self.heard = self.done()


class _Job:
    """Something to do in the lane; a batch of operations, or any call."""

    __slots__ = ("acknowledgement", "call", "operations")

    def __init__(self, call: Callable[[], Any], operations: Sequence[Operation] | None) -> None:
        self.call = call
        self.operations = operations
        self.acknowledgement: Acknowledgement[Any] = Acknowledgement()


@final
class IngestLane:
    """Does jobs in the order in which they came, one at a time, in a thread of its own.

    Args:
        apply: Writes a batch of operations.
        idle: Does a step of what can wait; tells whether there is more of it.
        most: Jobs that may wait; who brings more waits too.
        together: Operations of waiting batches that may be written as one.
    """

    def __init__(
        self,
        apply: Callable[[Sequence[Operation]], Outcome],
        idle: Callable[[], bool],
        *,
        most: int,
        together: int,
    ) -> None:
        self._apply = apply
        self._idle = idle
        self._most = most
        self._together = together
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._failed: deque[Acknowledgement[Any]] = deque()
        self._closing = False
        self._more = True
        """Whether there may be something to do that can wait."""
        self._resting = False
        self._thread = threading.Thread(target=self._work, name="embodied-mem-ingest", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that are not begun."""
        return len(self._jobs)

    def call(self, job: Callable[[], T], timeout: float | None) -> Acknowledgement[T]:
        """Puts any job into the queue; see `Lanes.ingest`."""
        return self._put(_Job(job, None), timeout)

    def write(
        self, operations: Sequence[Operation], timeout: float | None
    ) -> Acknowledgement[Outcome]:
        """Puts a batch into the queue; see `Lanes.apply`."""
        batch = tuple(operations)
        return self._put(_Job(lambda: self._apply(batch), batch), timeout)

    def _put(self, job: _Job, timeout: float | None) -> Acknowledgement[Any]:
        with self._changed:
            if threading.current_thread() is self._thread:
                raise StoreError("a job of the ingest lane cannot wait for another; call it")
            room = self._changed.wait_for(
                lambda: self._closing or len(self._jobs) < self._most, timeout
            )
            if self._closing:
                raise StoreError("the ingest lane is closed; nothing was taken in")
            if not room:
                raise StoreError(
                    f"the ingest lane is full: {self._most} jobs wait, and none was done within "
                    f"{timeout} s; bring less, or give it longer"
                )
            self._jobs.append(job)
            self._changed.notify_all()
        return job.acknowledgement

    def flush(self, timeout: float | None) -> None:
        """Waits until all before is done; raises the first failure of those not heard of, once."""
        if self._thread.is_alive():
            self.call(_nothing, timeout).result(timeout)
        with self._changed:
            failed, self._failed = self._failed, deque()
        errors = [failure.exception() for failure in failed if not failure.heard]
        if errors and errors[0] is not None:
            raise errors[0]

    def settle(self, timeout: float | None) -> None:
        """Waits until there is nothing to do, not even what can wait."""
        with self._changed:
            if not self._changed.wait_for(self._settled, timeout):
                raise TimeoutError(f"the ingest lane was not done within {timeout} s")

    def _settled(self) -> bool:
        return self._closing or (self._resting and not (self._jobs or self._more))

    def wake(self) -> None:
        """Tells the thread that there may be something to do that can wait."""
        with self._changed:
            self._more = True
            self._changed.notify_all()

    def close(self, *, drain: bool) -> None:
        """Ends the thread: after all that waits, or after the job under way."""
        with self._changed:
            self._closing = True
            if not drain:
                for job in self._jobs:
                    job.acknowledgement.cancel()
                self._jobs.clear()
            self._changed.notify_all()
        self._thread.join()

    # -- the thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                self._resting = not (self._jobs or self._more)
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._jobs or self._closing or self._more)
                self._resting = False
                group = self._take()
                if not group and self._closing:
                    return
                self._more = bool(group)
                self._changed.notify_all()
            if group:
                self._do(group)
            elif self._do_idly():
                self._more = True

    def _do_idly(self) -> bool:
        try:
            return self._idle()
        except BaseException as error:
            self._fail(Acknowledgement[bool](), error)
            return False

    def _fail(self, acknowledgement: Acknowledgement[Any], error: BaseException) -> None:
        with self._changed:
            self._failed = deque(each for each in self._failed if not each.heard)
            self._failed.append(acknowledgement)
        acknowledgement.set_exception(error)

    def _take(self) -> list[_Job]:
        """Takes the next job, and the batches behind it that can be written with it."""
        if not self._jobs:
            return []
        group = [self._jobs.popleft()]
        room = self._together
        if group[0].operations is None:
            return group
        room -= len(group[0].operations)
        while self._jobs and (batch := self._jobs[0].operations) is not None:
            room -= len(batch)
            if room < 0:
                break
            group.append(self._jobs.popleft())
        return group

    def _do(self, group: list[_Job]) -> None:
        begun = [job for job in group if job.acknowledgement.set_running_or_notify_cancel()]
        if len(begun) > 1 and self._do_together(begun):
            return
        for job in begun:
            try:
                job.acknowledgement.set_result(job.call())
            except BaseException as error:
                self._fail(job.acknowledgement, error)

    def _do_together(self, group: list[_Job]) -> bool:
        """Writes batches as one; where one of them is refused, nothing is written."""
        batches = [job.operations or () for job in group]
        try:
            outcome = self._apply([each for batch in batches for each in batch])
        except BaseException:  # told by the batch that it comes from, when each is tried alone
            return False
        start = 0
        for job, batch in zip(group, batches, strict=True):
            job.acknowledgement.set_result(outcome[start : start + len(batch)])
            start += len(batch)
        return True


def _nothing() -> None:
    """Tells by being done that all before it is."""
