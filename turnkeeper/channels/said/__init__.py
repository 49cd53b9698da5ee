"""What a person said, without what the channel wraps around it."""
