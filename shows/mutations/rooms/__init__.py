"""Mutations of the other rooms, and of the modules that stand alone."""
