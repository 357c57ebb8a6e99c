"""Locks that say who holds them."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agentrelay._shared import locks


def test_a_signed_lock_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("4194304999\nwords of an earlier holder\n")
    descriptor = locks.acquire(path)
    assert descriptor is not None
    locks.sign(descriptor)
    assert locks.signed_by(path) == os.getpid()
    assert locks.is_held(path)
    os.close(descriptor)
    assert not locks.is_held(path)


def test_an_unsigned_lock_names_nobody(tmp_path: Path) -> None:
    assert locks.signed_by(tmp_path / "none") is None
    for words in (b"", b"\n", b"nobody\n", b"\xff\n"):
        (tmp_path / "lock").write_bytes(words)
        assert locks.signed_by(tmp_path / "lock") is None


def test_who_only_looks_is_taken_for_a_holder_by_nobody(tmp_path: Path) -> None:
    path, is_done = tmp_path / "a.lock", threading.Event()
    path.touch()
    seen: list[bool] = []

    def look() -> None:
        while not is_done.is_set():
            seen.append(locks.is_held(path))

    with ThreadPoolExecutor(3) as pool:
        lookers = [pool.submit(look) for _ in range(3)]
        try:
            while len(seen) < 300:
                time.sleep(0.001)
            assert not any(seen)
            for _ in range(300):
                descriptor = locks.acquire(path)
                assert descriptor is not None
                assert locks.acquire(path) is None
                os.close(descriptor)
        finally:
            is_done.set()
        for looker in lookers:
            looker.result()
    assert not locks.is_held(path)


def test_one_who_looks_and_stops_there_hangs_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    looker = os.open(path, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    assert locks.acquire(path) is None
    os.close(looker)
    descriptor = locks.acquire(path)
    assert descriptor is not None
    os.close(descriptor)
