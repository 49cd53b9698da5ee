"""What a person says in place of an answer."""
