"""agentrelay: runs a graph of coding-agent tasks on a git repository."""

__version__ = "0.1.0"
