"""Compares ways of learning several tasks: the same cases, several seeds, differences with intervals."""
