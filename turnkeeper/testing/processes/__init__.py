"""Bots as processes of their own, which may die."""
