"""What nobody asked for just now."""
