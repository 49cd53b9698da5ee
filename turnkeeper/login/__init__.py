"""The bot's own tokens."""
