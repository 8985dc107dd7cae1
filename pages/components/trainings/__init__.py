"""Trainings: starting, watching and judging them."""
