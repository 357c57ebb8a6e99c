"""Three answers: alive and dead only where that is sure, else unknown."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from agentrelay._shared.identity import Liveness, ProcessIdentity
from agentrelay._shared.liveness import liveness, start_time, this_process

ANOTHER_KERNEL = {"boot": "another", "machine": "another"}


def test_this_process_lives() -> None:
    assert liveness(this_process()) is Liveness.ALIVE


def test_a_process_that_has_ended_is_dead_also_while_nobody_has_reaped_it() -> None:
    with subprocess.Popen(["sleep", "300"]) as child:
        start = start_time(child.pid)
        assert start
        who = replace(this_process(), pid=child.pid, start=start)
        assert liveness(who) is Liveness.ALIVE
        os.kill(child.pid, 9)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert liveness(who) is Liveness.DEAD
    assert liveness(who) is Liveness.DEAD


def test_a_pid_that_was_given_away_is_not_the_one_before() -> None:
    assert liveness(replace(this_process(), start="1")) is Liveness.DEAD


def test_all_processes_of_an_earlier_boot_of_this_machine_are_dead() -> None:
    assert liveness(replace(this_process(), boot="the one before")) is Liveness.DEAD


@pytest.mark.parametrize(
    "changes",
    [ANOTHER_KERNEL, {"namespace": "pid:[1]"}, {"start": ""}, {"boot": ""}],
    ids=["machine", "namespace", "no start time", "no boot id"],
)
def test_what_cannot_be_seen_from_here_is_unknown(changes: dict[str, str]) -> None:
    assert liveness(replace(this_process(), **changes)) is Liveness.UNKNOWN


@pytest.mark.skipif(sys.platform != "linux", reason="hides /proc in a namespace of the test's own")
def test_a_process_that_the_system_hides_is_unknown() -> None:
    """Linux can hide other users' processes (hidepid); a pid that is there is not dead."""
    me = this_process()
    script = (
        "import os, sys; from agentrelay._shared import liveness as l\n"
        "from agentrelay._shared.identity import ProcessIdentity as P\n"
        f"l.this_host = lambda: l.Host({me.machine!r}, {me.boot!r}, {me.namespace!r})\n"
        f"print(l.liveness(P({me.machine!r}, {me.boot!r}, {me.namespace!r}, {me.pid}, '1')).value)"
    )
    hidden = ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs x /proc && exec "$@"', "sh"]
    done = subprocess.run(
        [*hidden, sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    if done.returncode and "unshare" in done.stderr + done.stdout:
        pytest.skip(f"no namespaces here: {done.stderr}")
    assert done.stdout.strip() == Liveness.UNKNOWN.value, done.stderr


def test_identities_say_who_they_are() -> None:
    me = this_process()
    assert isinstance(me, ProcessIdentity)
    assert me.pid == os.getpid()
    assert me.machine
    assert me.boot
