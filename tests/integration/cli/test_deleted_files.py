"""After ``.workflow`` was deleted, whatever is asked says what was there, and what rebuilds it."""

from __future__ import annotations

import json
import shutil

from tests.integration.cli.scene import Scene, one_lane

WRITE = 'echo x >> "$AGENTRELAY_TASK.txt"'


def test_deleted_runs_are_named_everywhere_with_what_rebuilds_them(scene: Scene) -> None:
    for name in ("e", "f"):
        text = one_lane(name, WRITE, auto_merge=False)
        assert scene.call("run", scene.graph(text)).code == 5
    shutil.rmtree(scene.repo.path / ".workflow")
    for argv in (["status"], ["list"], ["fsck"], ["doctor"], ["resume", "--all"]):
        done = scene.call(*argv)
        said = done.out + done.err
        assert "agentrelay resume e\n" in said, argv
        assert "agentrelay resume f\n" in said, argv
        assert "deleted" in said, argv
        assert "no graph has a run here" not in said, argv
        assert "nothing is lost" not in said, argv
    assert json.loads(scene.call("list", "--json").out)["deleted"] == ["e", "f"]
    named = scene.call("show", "e/lane")
    assert named.code == 2
    assert "refs rebuild them: agentrelay resume e\n" in named.err
    assert scene.call("resume", "e").code == 5
    assert "agentrelay resume f\n" in scene.call("status").out
