"""Run the supervisor as a bare script, without site packages: ``__main__.py FOLDER LOCK [HELD]…``.

It is started by path, so that nothing but the standard library and agentrelay's light modules is
loaded: it has to be up in a few tens of milliseconds, and there may be fifty of it.
"""

import os.path
import sys

if __name__ == "__main__":
    here = os.path.abspath(__file__)
    # At the end, so that no installed package can stand before the standard library.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(here)))))

    from agentrelay.executor.supervisor.main import main

    sys.exit(main(sys.argv[1:]))
