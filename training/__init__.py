"""Commands that make the models (python -m training.NAME) and their parts."""
