"""The nursery: a small process that has all of the supervisor loaded and forks one an errand.

A supervisor of its own interpreter takes a tenth of a second to start and has all its memory for
itself; a forked one takes milliseconds and shares it. The nursery lives as long as its executor
keeps the channel open. Its supervisors do not need it: they have sessions of their own.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import traceback
from pathlib import Path

from agentrelay._shared import process
from agentrelay.executor.supervisor import errand as errands
from agentrelay.executor.supervisor import main, platforms
from agentrelay.executor.supervisor.errand import Errand
from agentrelay.executor.supervisor.steps import Listener, unheard


def serve(descriptor: int, listener: Listener = unheard) -> None:
    """Fork a supervisor for each errand that comes through ``descriptor``, until it is closed.

    ``listener`` is told of each step of each supervisor; only fault tests give one.
    """
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - the stdlib's own signature
    platforms.load()
    # Nobody here waits for a supervisor; the kernel takes note of its end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is loaded now stays; a collection in a supervisor must not copy all of its pages.
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as channel:
        while (errand := errands.receive(channel)) is not None:
            _raise(errand, channel, listener)


def _raise(errand: Errand, channel: socket.socket, listener: Listener) -> None:
    with process.forked() as is_child:
        if is_child:
            channel.close()
            _supervise(errand, listener)
    for descriptor in errand.descriptors:
        os.close(descriptor)


def _supervise(errand: Errand, listener: Listener) -> None:
    """Be the supervisor; what goes wrong is said in the output log, which the starter reads."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(errand.output, 1)
    os.dup2(errand.output, 2)
    os.close(errand.output)
    try:
        main.main(
            Path(errand.folder),
            errand.environ,
            errand.report,
            errand.lock,
            errand.allowances,
            listener=listener,
        )
    except BaseException:  # noqa: BLE001 - the root of a process: nothing may vanish here
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
