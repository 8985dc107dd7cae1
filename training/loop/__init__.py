"""What every training shares: steps, checkpoints, metrics, processes."""
