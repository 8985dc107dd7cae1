"""Fine-tuning a CLIP within reach of the model it came from."""
