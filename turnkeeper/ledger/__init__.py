"""What was taken and what is owed: the records and their formats."""
