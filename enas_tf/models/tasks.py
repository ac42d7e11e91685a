"""Tasks that need each other's results, on a few host threads: each starts when what it needs is there."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

NUM_THREADS = 4  # with two cores 2 to 8 were equally quick, 1 slower (BUILD.md, "Speed")
_THREADS = ThreadPoolExecutor(NUM_THREADS, "enas_tf_tasks")


Result = TypeVar("Result")


class Task(Generic[Result]):
    """One task.

    Attributes:
      result: What it computed; not there before.
    """

    result: Result

    def __init__(self, compute: Callable[[], Result]) -> None:
        self.compute = compute
        self.is_done = False
        self.num_missing = 0  # of the tasks it needs
        self.followers: list[Task] = []  # who needs it


class Tasks:
    """Runs tasks while more of them are added.

    The thread that finishes a task goes on with one that waited for it, so that a chain of tasks changes no threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._num_unfinished = 0
        self._all_finished = threading.Condition(self._lock)
        self._error: BaseException | None = None

    def add(self, compute: Callable[[], Result], needed: Sequence[Task]) -> Task[Result]:
        """Starts `compute()` as soon as other tasks, added before, are done.

        Returns:
          The task; its `result` may be used by tasks that need it, and after `wait`.
        """
        task = Task(compute)
        with self._lock:
            self._num_unfinished += 1
            for other in dict.fromkeys(needed):
                if not other.is_done:
                    other.followers.append(task)
                    task.num_missing += 1
            is_ready = not task.num_missing
        if is_ready:
            _THREADS.submit(self._run, task)
        return task

    def wait(self) -> None:
        """Waits until all tasks are done.

        Raises:
          BaseException: What one of them raised; those that need it are not run then.
        """
        with self._lock:
            self._all_finished.wait_for(lambda: self._error is not None or not self._num_unfinished)
            if self._error is not None:
                raise self._error

    def _run(self, task: Task | None) -> None:
        while task is not None:
            try:
                task.result = task.compute()
            except BaseException as error:
                with self._lock:
                    self._error = error
                    self._all_finished.notify_all()
                return
            task = self._next(task)

    def _next(self, done: Task) -> Task | None:
        """Marks a task as done; returns one that waited for it, and hands the others to other threads."""
        with self._lock:
            done.is_done = True
            del done.compute  # and what it holds
            self._num_unfinished -= 1
            if not self._num_unfinished:
                self._all_finished.notify_all()
            for follower in done.followers:
                follower.num_missing -= 1
            ready = [follower for follower in done.followers if not follower.num_missing]
            done.followers = []
        for other in ready[1:]:
            _THREADS.submit(self._run, other)
        return ready[0] if ready else None


def run_all(computations: Iterable[Callable[[], Result]]) -> list[Result]:
    """Runs computations that do not need each other; returns their results in the same order."""
    tasks = Tasks()
    added = [tasks.add(compute, ()) for compute in computations]
    tasks.wait()
    return [task.result for task in added]
