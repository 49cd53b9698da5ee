"""How a question is asked: with what is said in front of it, again, and of whom."""
