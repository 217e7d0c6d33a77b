"""Termination by SIGTERM, which schedulers of clusters send before they kill, and by Ctrl-C."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SECOND_TIME = b"\nStopping after this step, to save all. Ctrl-C again stops at once.\n"


class Terminated(BaseException):
    """The process was asked to stop, and has stopped what it was doing.

    Not an `Exception`, so that nothing that deals with failures takes it for one.

    Attributes:
        status: exit status, as shells and schedulers expect it.
    """

    status = 128 + signal.SIGTERM


class Interrupted(Terminated, KeyboardInterrupt):
    """The same by Ctrl-C."""

    status = 128 + signal.SIGINT


class Termination:
    """A handler of SIGTERM and Ctrl-C for the time of a `with` block.

    Within `with termination.held_back():` a signal only sets `requested`, and the code of the
    block stops at the next good moment; elsewhere, or if Ctrl-C comes twice, the signal raises at
    once. Outside of the main thread Python does not handle signals, and the block ignores them.

    Example:
        >>> from keras_vrae.training.termination import Termination
        >>> with Termination() as termination, termination.held_back():
        ...     termination.requested
        False
    """

    def __init__(self) -> None:
        self.requested = False
        self._held_back, self._kind = False, Terminated
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Termination":
        self._handle_by(self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Lets the block look at `requested`, and raises after the block at the latest."""
        self._held_back = True
        try:
            yield
        finally:
            self._held_back = False
        if self.requested:
            raise self.stopped()

    def stopped(self, path: str | Path | None = None) -> Terminated:
        """Returns the `Terminated` to raise.

        Args:
            path: file in which all is saved, if it is.
        """
        name = "Ctrl-C" if self._kind is Interrupted else "SIGTERM"
        saved = "" if path is None else f"; all is saved in {path}"
        hint = "Continue with the same flags and --resume"
        return self._kind(f"Stopped by {name}{saved}. {hint}")

    def _handle(self, number, _):
        twice = self.requested and number == signal.SIGINT
        self._request(number)
        if twice or not self._held_back:
            raise self.stopped()
        if number == signal.SIGINT:
            os.write(2, SECOND_TIME)  # print may not be called again while it is at work.

    def _request(self, number):
        self.requested = True
        self._kind = Interrupted if number == signal.SIGINT else Terminated

    def _handle_by(self, function):
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            before = signal.signal(number, function)
            if before is not None:  # None if it was not set by Python.
                self._before.setdefault(number, before)


@contextmanager
def passed_on() -> Iterator[None]:
    """Passes SIGTERM and Ctrl-C on to the processes that this one has started.

    Raises:
        Terminated: after the block, if a signal came.
    """
    termination = Termination()
    with termination, termination.held_back():

        def hand_on(number, _):
            first = not termination.requested
            termination._request(number)
            # A terminal sends Ctrl-C to all processes by itself.
            for child in multiprocessing.active_children() if first else ():
                child.terminate()

        termination._handle_by(hand_on)
        try:
            yield
        except Exception:
            # A child that was stopped before it could say so looks like one that was killed.
            if not termination.requested:
                raise
