"""HTTP calls out of the process: the way through a proxy, how long to wait, what comes back."""
