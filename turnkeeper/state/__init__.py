"""What a bot remembers of a person and of a conversation."""
