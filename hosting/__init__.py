"""How activities get in and replies get out."""
