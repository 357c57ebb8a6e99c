"""Pause Python's garbage collector while much is read that is all kept."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Generator[None]:
    """Keep the collector from walking what is read in the block: during it, and ever after.

    Collecting takes half of the time of loading a large graph. What is there at the block's end
    is left to reference counting: it is for what has no cycles, or stays.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
