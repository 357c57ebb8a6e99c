"""The commands, one module each: parse, call a use case or read a view, show the answer."""
