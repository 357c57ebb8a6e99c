"""The program of a turn whose agent speaks the Agent Client Protocol: a client that drives it.

A supervisor starts it as ``python -m agentrelay.agent.acp``, like any other agent's program. It
starts the agent, has it do one prompt, answers its questions, and prints events, one a line.
"""
