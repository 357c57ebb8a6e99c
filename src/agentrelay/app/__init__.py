"""The composition root: the only place that picks implementations and puts them together.

Front ends call the use cases here; they build no forge, executor or runner themselves.
"""
