"""What the bot remembers, and where."""
