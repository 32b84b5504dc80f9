"""Symbolic losses: the catalogue, typed formulas, and what is derived from them."""
