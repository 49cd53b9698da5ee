"""Mistakes in the protocol by which replies are sent, and whether the turn machine finds them."""
