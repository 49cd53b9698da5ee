"""Sending what is owed."""
