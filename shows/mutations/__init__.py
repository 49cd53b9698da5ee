"""Faults that a careless colleague could make, planted one after another: the tests find them."""
