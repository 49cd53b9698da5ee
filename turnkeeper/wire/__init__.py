"""What goes over the wire and into the store: activities and values, to and from JSON."""
