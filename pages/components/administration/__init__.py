"""People, the log and the disk."""
