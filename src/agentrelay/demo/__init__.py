"""A show of agentrelay on a scratch clone of a real repository, which proves what it shows.

Nothing else imports this package: ``agentrelay demo`` does.
"""
