"""The run's MCP server: agents' calls, as tools of the Model Context Protocol.

Only this package imports ``mcp`` and what comes with it; it runs in a process of its own.
"""
