"""A LoRA of a UNet's attention: lessons, steps, what it draws, how it is kept."""
