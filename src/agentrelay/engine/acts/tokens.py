"""The token of an attempt: made again from the repository's secret, so it is stored nowhere."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from agentrelay._shared.atomic import publish_once
from agentrelay.engine.world import World


def token_of(world: World, task: str, attempt: int) -> str:
    """Return the token of an attempt; the same for all its turns, another for every other one."""
    text = f"{world.folders.graph}/{world.run}/{task}/{attempt}"
    return hmac.new(world.secret, text.encode(), hashlib.sha256).hexdigest()


def ensure_secret(private: Path) -> bytes:
    """Return the repository's secret, made on first use, readable by its owner only."""
    path = private / "secret"
    publish_once(path, os.urandom(32).hex(), mode=0o600)
    return bytes.fromhex(path.read_text())
