"""Which repository of which forge a remote's URL names."""

from __future__ import annotations

import re

CLOUD = "github.com"

# A host with more than that in it would be another one to those who read the URL otherwise.
_FORMS = (
    re.compile(
        r"(?:https?|ssh|git)://(?:[^@/]*@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<path>.+)", re.ASCII
    ),
    # As ssh and scp write it. A drive letter is no host.
    re.compile(r"(?:[^@/:]+@)?(?P<host>[\w.-]{2,}):(?!//)(?P<path>[^/].*)", re.ASCII),
)
_PATH = re.compile(r"(?P<slug>[\w.-]+/[\w.-]+?)(\.git)?/?")
_ALIASES = {"ssh.github.com": CLOUD, "www.github.com": CLOUD}


def repository_of(url: str) -> tuple[str, str] | None:
    """Return host and owner/name of a remote's URL, None where it is none of a forge."""
    for form in _FORMS:
        match = form.fullmatch(url)
        path = _PATH.fullmatch(match["path"]) if match else None
        if match and path:
            host = match["host"].lower()
            return _ALIASES.get(host, host), path["slug"]
    return None
