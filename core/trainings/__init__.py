"""Trainings as the app sees them: wishes, processes, curves, endings. The training itself is in training/."""
