"""The way of a turn."""
