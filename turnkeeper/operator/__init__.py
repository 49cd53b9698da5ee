"""``python -m turnkeeper``: what an operator does with the records."""
