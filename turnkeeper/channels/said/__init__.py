"""What a person said, without what their channel wraps around it."""
