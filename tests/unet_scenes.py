"""What the embedded model's UNet learns from, microscopic."""

from pathlib import Path

import torch
from phantom_folders import write_phantoms
from tiny_models import tiny_autoencoder

from training.embedded.clip_model import ClipSize, build_clip
from training.tokenizer import train_tokenizer


def write_rooms(folder: Path) -> Path:
    """A folder with phantoms, an untrained autoencoder and an untrained CLIP."""
    write_phantoms(folder / "phantoms", 8, 32)
    torch.manual_seed(0)
    tiny_autoencoder().save_pretrained(folder / "vae")
    tokenizer = train_tokenizer(["tinea type of rash at the foot area on a fair skin"], 300)
    clip = build_clip(tokenizer, ClipSize(16, 1, 2, 16, 1, 2, 32, 16, 16))
    clip.save_pretrained(folder / "clip")
    tokenizer.save_pretrained(folder / "clip")
    return folder
