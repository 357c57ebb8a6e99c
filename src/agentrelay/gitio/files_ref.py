"""Small files kept in a ref of their own: written by one git process, read by another."""

from __future__ import annotations

from collections.abc import Mapping

from agentrelay.gitio.command import Git
from agentrelay.gitio.merge import Signature


def store_files(
    git: Git, ref: str, files: Mapping[str, bytes], message: str, signature: Signature
) -> None:
    """Make ``ref`` a commit without parents whose tree holds ``files``, by name.

    A ref that is there already stays as it is, and GitError is raised, unless it holds the same.
    """
    stream = [
        f"commit {ref}\n".encode(),
        f"committer {signature.name} <{signature.email}> {signature.time_unix} +0000\n".encode(),
        _data(message.encode()),
    ]
    for name, content in files.items():
        stream += [f"M 100644 inline {name}\n".encode(), _data(content)]
    git.run("fast-import", "--quiet", "--done", "--date-format=raw", stdin=b"".join(stream) + _END)


def read_file(git: Git, commit: str, name: str) -> bytes | None:
    """Return the file ``name`` of a commit, None where there is none."""
    output = git.run("cat-file", "blob", f"{commit}:{name}", ok=(0, 128))
    return output.stdout if output.returncode == 0 else None


_END = b"done\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)
