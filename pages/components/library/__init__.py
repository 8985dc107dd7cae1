"""Kept pictures: finding, opening, choosing and taking them along."""
