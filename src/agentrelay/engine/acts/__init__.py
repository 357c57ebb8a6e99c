"""Acts: how each kind of effect is done, one module for each thing that effects are about.

An act gets the world's ports and the effect's intent, nothing else: no snapshot, no journal. It
looks first whether the world already is as wanted, and returns the result as JSON.
"""
