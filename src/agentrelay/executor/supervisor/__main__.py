"""Become the nursery of supervisors, as a bare script without site packages: ``__main__.py FD``.

It is started by path, so that nothing but the standard library and agentrelay's light modules is
loaded. Its first process ends at once: what takes time here is waited for by nobody.
"""

import os.path
import sys

if __name__ == "__main__":
    here = os.path.abspath(__file__)
    # At the end, so that no installed package can stand before the standard library.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(here)))))

    from agentrelay._shared import process

    process.leave_to_child()

    from agentrelay.executor.supervisor.nursery import serve

    serve(int(sys.argv[1]))
