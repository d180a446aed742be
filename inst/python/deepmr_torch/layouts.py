"""Weights in the memory layout that the rules want, made once in a run instead of for every draw."""

import contextlib
import contextvars

_KEPT = contextvars.ContextVar("layouts", default=None)


@contextlib.contextmanager
def kept(store, module):
    """Layouts of `module`'s own weights that are asked for inside the block are kept in the dict `store`,
    whose life must not be longer than that of the weights."""
    if "own" not in store:
        store["own"] = {t.untyped_storage().data_ptr() for t in (*module.parameters(), *module.buffers())}
    token = _KEPT.set(store)
    try:
        yield
    finally:
        _KEPT.reset(token)


def laid_out(weight, name, make):
    """make(weight), or what it gave before. Weights that a forward pass computes, under a mask say, are
    laid out anew each time."""
    store = _KEPT.get()
    if store is None or weight.untyped_storage().data_ptr() not in store["own"]:
        return make(weight)
    key = (name, weight.data_ptr(), tuple(weight.shape), tuple(weight.stride()))
    if key not in store:
        store[key] = make(weight)
    return store[key]
