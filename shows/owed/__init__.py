"""What is owed is done, without being asked: the figures of docs/owed-figures.md, measured anew.

Real processes of a bot on real stores, killed and started again, before a channel that throttles,
fails, breaks connections and goes away. ``python -m shows.owed [wait|outage|faults|burst|rest]``.
"""
