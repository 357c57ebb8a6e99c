"""Locks that say who holds them."""

from __future__ import annotations

import os
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
