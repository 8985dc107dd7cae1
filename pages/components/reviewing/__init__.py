"""Rating pictures one after the other."""
