"""Mutations of the way of a turn."""
