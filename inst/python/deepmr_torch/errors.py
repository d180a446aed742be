"""Errors that R can show, and the one door through which R calls Python.

R never sees a Python exception: `guard` turns each into a dict, because what an
exception looks like in R differs between versions of reticulate.
"""

import contextlib
import importlib
import signal
import threading
import traceback

TRACEBACK_LINES = 8


class DeepmrError(Exception):
    """An error with a class, a problem and a remedy.

    what: short snake_case class; R signals `deepmr_error_<what>`.
    problem: one sentence that says what was wrong, with the value.
    remedy: one sentence that says what to do, a list of them, or None.
    """

    def __init__(self, what, problem, remedy=None):
        super().__init__(problem)
        self.what = what
        self.problem = problem
        self.remedy = remedy


def guard(fun, /, *args, **kwargs):
    """Call `fun` and return `{"ok": True, "value": ...}` or `{"ok": False, ...}`.

    fun: a callable, or the name of one inside this package ("masks.draw_mask").
    """
    try:
        if isinstance(fun, str):
            fun = resolve(fun)
        with plain_interrupts():
            return {"ok": True, "value": fun(*args, **kwargs)}
    except KeyboardInterrupt:
        return {"ok": False, "interrupt": True}
    except DeepmrError as error:
        cause = error.__cause__
        return {
            "ok": False,
            "what": error.what,
            "problem": error.problem,
            "remedy": error.remedy,
            "cause": None if cause is None else describe(cause),
        }
    except BaseException as error:  # SystemExit too: a user's model file must not end R
        return {"ok": False, "cause": describe(error)}


@contextlib.contextmanager
def plain_interrupts():
    """Ctrl-C raises KeyboardInterrupt, as in Python alone: reticulate's handler throws a C++ exception
    that a torch operation turns into a RuntimeError."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        # None: set by something that Python cannot put back.
        signal.signal(signal.SIGINT, signal.SIG_DFL if handler is None else handler)


def resolve(name):
    """The object that "module.attribute" names inside this package."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(f"{__package__}.{module}"), attribute)


def describe(error):
    """Type, message and last traceback lines of an exception, as plain text."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    lines = "".join(traceback.format_list(frames)).splitlines()
    return {"type": name, "message": str(error), "traceback": "\n".join(lines[-TRACEBACK_LINES:])}
