"""A small `gh`: keeps PRs in a JSON file and is as strict as the real one where it matters.

Run as a program: ``fake_gh.py STORE pr create|list …``. What it was called with is logged beside
the store, so that a test can show what reached it and how.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

URL = "https://github.invalid/owner/repo/pull/{}"
LONGEST_BODY = 65_536


def fail(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stderr)
    raise SystemExit(1)


def options_of(args: list[str], known: set[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    while args:
        name, *args = args
        if name not in known or not args:
            fail(f"unknown flag: {name}")
        options[name], *args = args
    return options


def create(store: Path, pulls: list[dict[str, object]], args: list[str]) -> None:
    options = options_of(args, {"--base", "--head", "--title", "--body-file"})
    given = options["--body-file"]
    body = sys.stdin.read() if given == "-" else Path(given).read_text()
    head, base = options["--head"], options["--base"]
    if len(body) > LONGEST_BODY:
        fail("GraphQL: Body is too long (maximum is 65536 characters)")
    if subprocess.run(["git", "ls-remote", "--exit-code", "origin", head], check=False).returncode:
        fail("pull request create failed: GraphQL: Head sha can't be blank (createPullRequest)")
    for pull in pulls:
        if (pull["head"], pull["base"], pull["state"]) == (head, base, "open"):
            fail(
                f'a pull request for branch "{head}" into branch "{base}" already exists:',
                str(pull["url"]),
            )
    url = URL.format(len(pulls) + 1)
    title = options["--title"]
    pull = {"url": url, "head": head, "base": base, "title": title, "body": body}
    store.write_text(json.dumps([*pulls, pull | {"state": "open", "fork": False}]))
    print(url)


def listing(pulls: list[dict[str, object]], args: list[str]) -> None:
    options = options_of(args, {"--base", "--head", "--state", "--json"})
    wanted = (options["--head"], options["--base"], options["--state"])
    found = [pull for pull in pulls if (pull["head"], pull["base"], pull["state"]) == wanted]
    values = [{"url": pull["url"], "isCrossRepository": pull["fork"]} for pull in found]
    fields = options["--json"].split(",")
    print(json.dumps([{name: value[name] for name in fields} for value in values]))


def main() -> None:
    store, *args = sys.argv[1:]
    path = Path(store)
    with path.with_suffix(".log").open("a") as log:
        log.write(json.dumps(args) + "\n")
    pulls = json.loads(path.read_text()) if path.exists() else []
    match args:
        case ["pr", "create", *rest]:
            create(path, pulls, rest)
        case ["pr", "list", *rest]:
            listing(pulls, rest)
        case _:
            fail(f"unknown command {args}")


if __name__ == "__main__":
    main()
