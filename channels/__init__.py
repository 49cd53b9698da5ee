"""What each channel means."""
