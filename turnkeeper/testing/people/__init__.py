"""The people who talk with a bot, and their clients."""
