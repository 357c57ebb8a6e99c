"""Signal files."""

from __future__ import annotations

from pathlib import Path

from agentrelay._shared.signals import furthest, publish_signal, read_signal, withdraw_signals

ORDER = ("pending", "active", "failed")


def test_signals_are_plain_files_named_like_the_status(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "signals"
    publish_signal(folder, "active")
    publish_signal(folder, "failed", "why\nü")
    assert sorted(path.name for path in folder.iterdir()) == ["active", "failed"]
    assert read_signal(folder, "active") == ""
    assert read_signal(folder, "failed") == "why\nü"
    assert read_signal(folder, "pending") is None


def test_the_furthest_present_one_counts(tmp_path: Path) -> None:
    assert furthest(tmp_path / "none", ORDER) is None
    assert furthest(tmp_path, ORDER) is None
    publish_signal(tmp_path, "active")
    publish_signal(tmp_path, "pending")
    publish_signal(tmp_path, "unknown")
    (tmp_path / "failed").mkdir()
    assert furthest(tmp_path, ORDER) == "active"


def test_withdrawing_twice_is_once(tmp_path: Path) -> None:
    publish_signal(tmp_path, "active")
    withdraw_signals(tmp_path, ORDER)
    withdraw_signals(tmp_path / "none", ORDER)
    assert list(tmp_path.iterdir()) == []
