"""Conditioning: scenarios in which part of the future is given."""
