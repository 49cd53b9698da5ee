"""What the bot holds about a person: erased, handed out, carried over to another key."""
