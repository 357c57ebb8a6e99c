"""The checks of a graph, each a function from a draft to its problems."""
