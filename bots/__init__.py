"""The bot: what it does with an activity."""
