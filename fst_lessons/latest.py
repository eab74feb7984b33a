"""A worker that does the latest thing it was asked for, and forgets what came between.

A slider that is dragged asks for a picture at every place it passes. If each of them
were painted, the last would come long after the hand has stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Latest(Generic[Job]):
    """Runs one job at a time in a thread, which ends when there is nothing to do.

    Args:
        work: called in that thread with a job; it must not raise.
    """

    def __init__(self, work: Callable[[Job], None]) -> None:
        self.work = work
        self._lock = threading.Condition()
        self._waiting: list[Job] = []  # none or one
        self._busy = False

    def ask(self, job: Job) -> None:
        """Do `job` next, instead of whatever still waits; return at once."""
        with self._lock:
            self._waiting = [job]
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._run, daemon=True).start()

    def wait(self, seconds: float | None = None) -> bool:
        """Return whether all is done, after waiting no longer than `seconds`."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._busy, seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._busy = False
                    self._lock.notify_all()
                    return
                job = self._waiting.pop()
            self.work(job)
