"""Run agentrelay as ``python -m agentrelay``."""

from agentrelay.interfaces.cli.main import main

if __name__ == "__main__":
    main()
