"""Processes in virtual time: what takes an hour is over in a moment, and any of them may die."""
