"""The demo's agents: real tools that change real code, each a program of its own.

They are started as any agent is: in a worktree, with the environment that every agent gets.
"""
