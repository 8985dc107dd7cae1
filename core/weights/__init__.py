"""What can draw: models, text encoders and LoRAs, described, hashed, checked and fitted together."""
