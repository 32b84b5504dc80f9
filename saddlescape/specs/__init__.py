"""Specifications: what to run or to ask, in plain values; loss-free to and from the command line, TOML and metadata."""
