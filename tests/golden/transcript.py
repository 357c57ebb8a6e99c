"""Transcripts of whole command lines: a file of commands, each with its exit code and output.

    # scene: waiting
    $ agentrelay list
    exit 0
    | a line of stdout
    ! a line of stderr

What differs from run to run (times, ids, paths, durations, sizes) is replaced by a word.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.gitrepo import TestRepo, make_repo

GRAPH = """\
schema_version: 1
name: shop
agents:
  writer: {adapter: command, run: 'echo "$AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"; echo wrote it'}
defaults: {agent: writer}
workstreams:
  - id: api
    gates: [{name: lane-check, run: test -f cart.txt}]
tasks:
  - id: cart
    workstream_id: api
    description: Write the cart.
    gates: [{name: exists, run: test -f cart.txt}]
  - id: checkout
    workstream_id: api
    description: Write the checkout.
    dependencies: [cart]
"""

PLAN = """\
# Shop

```yaml
agents:
  writer: {adapter: command, run: 'echo "$AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"'}
defaults: {agent: writer}
```

## api
auto_merge: true

- [x] spec: Write down what a cart is.
- [ ] cart: Write the cart.
  needs: spec
  gate: test -f cart.txt

  As the spec says.
- [ ] checkout: Write the checkout.
  needs: cart
"""

BROKEN = """\
schema_version: 1
name: broken
agents:
  breaker: {adapter: command, run: echo it does not work; exit 3}
defaults: {agent: breaker, max_attempts: 1}
workstreams: [{id: core}]
tasks:
  - {id: first, workstream_id: core, description: Do it.}
  - {id: second, workstream_id: core, description: Go on., dependencies: [first]}
"""

PLAIN = """\
schema_version: 1
name: plain
agents:
  writer: {adapter: command, run: 'echo "$AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"'}
defaults: {agent: writer}
workstreams:
  - {id: base, auto_merge: true}
  - {id: top, auto_merge: true}
tasks:
  - {id: model, workstream_id: base, description: Write the model.}
  - {id: guide, workstream_id: top, description: Write its guide., dependencies: [model]}
"""

RED = """\
schema_version: 1
name: red
agents:
  writer: {adapter: command, run: 'echo "$AGENTRELAY_TASK" > "$AGENTRELAY_TASK.txt"'}
defaults: {agent: writer}
workstreams:
  - {id: core, auto_merge: true}
tasks:
  - id: parser
    workstream_id: core
    description: Write the parser.
    gates: [{name: must, run: echo never there; test -e never, max_gate_attempts: 1}]
"""

SCENES: dict[str, tuple[str, ...]] = {
    "none": (),
    "fresh": (),
    "waiting": ("run shop.yaml --yes",),
    "landed": ("run shop.yaml --yes", "approve shop/api --yes"),
    "plain": ("run plain.yaml --yes",),
    "failed": ("run broken.yaml --yes",),
    "red": ("run red.yaml --yes",),
    "damaged": ("run shop.yaml --yes",),
}
"""What was done in the repository before the first command of a transcript."""

EXPECTED_ENDS = {0, 1, 5}

PLACES: tuple[tuple[str, str], ...] = (
    (r"(?m)^disk: .*$", "disk: SIZES"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
    (r"\b\d\d:\d\d:\d\d(\.\d+Z)?", "CLOCK"),
    (r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b", "ULID"),
    (r"\b([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{12}|[0-9a-f]{10})\b", "OID"),
    (r"\bindex [0-9a-f]+\.\.[0-9a-f]+", "index OID..OID"),
    (r"\b\d+\.\d+s\b", "SECONDS"),
    (r"\"seconds\": ?\d+\.\d+", '"seconds": SECONDS'),
    (r"\b\d+(\.\d+)? [kMG]B\b", "SIZE"),
    (r"\bpid \d+|process \d+", "PROCESS"),
    (r"git version \S+|\bgit \d+\.\S+", "git VERSION"),
    (r"\bpython \d+\.\S+|\b\d+\.\d+\.\S+ on \S+ \S+", "python VERSION"),
    (r"\bplatform \S+", "platform NAME"),
    (r"\bagentrelay \d+\.\d+\.\S+", "agentrelay VERSION"),
    (r"\b\d+\.\d+ GiB", "SIZE"),
    (r"(?m)^(ok|warn) +processes .*$", "ok    processes   OF THIS SYSTEM"),
    (r"(?m)^(ok|warn) +git .*$", "ok    git         VERSION"),
)


PROGRAMS = os.pathsep.join([os.path.dirname(shutil.which("git") or ""), os.defpath])
"""A PATH on which no coding agent of this machine is found."""


class Scene:
    """A repository in which a transcript's commands are run."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder / "repo"
        self.runtime = folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        if name == "none":
            self.folder.mkdir(parents=True)
            return
        repo: TestRepo = make_repo(self.folder)
        files = {"shop.yaml": GRAPH, "broken.yaml": BROKEN, "plan.md": PLAN}
        more = {"plain": {"plain.yaml": PLAIN}, "red": {"red.yaml": RED}}
        repo.commit(files | more.get(name, {}))
        for line in SCENES[name]:
            code, out, err = self.run(f"agentrelay {line}")
            assert code in EXPECTED_ENDS, out + err
        if name == "damaged":
            self._damage()

    def _damage(self) -> None:
        """Leave what crashes and careless hands leave."""
        (self.folder / ".git/worktrees/api/index.lock").touch()
        (self.folder / ".git/packed-refs.lock").touch()
        (self.folder / ".git/info/exclude").write_text("")
        (self.folder / ".workflow/shop/workstreams/api/failed").touch()
        (self.folder / ".worktrees/.trash/old").mkdir(parents=True)
        with (self.folder / ".workflow/shop/runs/1/journal.jsonl").open("a") as journal:
            journal.write('{"seq":')

    def run(self, line: str) -> tuple[int, str, str]:
        """Run one command line and return its exit code, stdout and stderr."""
        _, *argv = shlex.split(line)
        done = subprocess.run(
            [sys.executable, "-m", "agentrelay", *argv],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": PROGRAMS,
                "XDG_RUNTIME_DIR": str(self.runtime),
                "TMPDIR": str(self.temporary),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def normalised(self, text: str) -> str:
        """Return ``text`` with words in the place of what differs from run to run."""
        text = text.replace(str(self.folder.resolve()), "REPO").replace(str(self.folder), "REPO")
        text = re.sub(rf"{self.temporary}/agentrelay-draft-\w+", "COPY", text)
        text = text.replace(str(Path(sys.executable).parent / "agentrelay"), "AGENTRELAY")
        text = text.replace(os.environ["HOME"], "HOME").replace(sys.executable, "PYTHON")
        for name in re.findall(r"\bdo-\d{8}-([0-9a-z]+)", text):
            text = text.replace(name, "NAME")
        text = re.sub(r"\bdo-\d{8}", "do-DATE", text)
        for pattern, word in PLACES:
            text = re.sub(pattern, word, text)
        return text


def scene_of(text: str) -> str:
    """Return the name of the scene that a transcript is played in."""
    return text.splitlines()[0].removeprefix("# scene: ")


def played(text: str, scene: Scene) -> str:
    """Return the transcript with what its commands do now."""
    lines = [line for line in text.splitlines() if line.startswith(("#", "$"))]
    blocks: list[str] = []
    for line in lines:
        if line.startswith("#"):
            blocks.append(line)
            continue
        code, out, err = scene.run(line.removeprefix("$ "))
        blocks += ["", line, f"exit {code}"]
        blocks += [f"| {part}".rstrip() for part in scene.normalised(out).splitlines()]
        blocks += [f"! {part}".rstrip() for part in scene.normalised(err).splitlines()]
    return "\n".join(blocks) + "\n"
