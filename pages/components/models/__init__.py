"""Models, text encoders and LoRAs: what there is, what it can do, and which is in use."""
