"""Figures about all pictures of the library."""
