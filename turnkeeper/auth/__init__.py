"""Who may send, and where the bot may post."""
