"""Sample sheets drawn while a UNet learns, with the same noise and prompts each time."""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from torch import Tensor

from training.embedded.datasets import PhantomSet
from training.embedded.noise_schedule import make_scheduler
from training.embedded.previews import to_pictures, write_grid
from training.loop.devices import half_precision
from training.words.text_states import Prompts, TextStates

COLUMNS = 6


@torch.no_grad()
def draw_latents(
    unet: UNet2DConditionModel,
    scheduler: DDIMScheduler,
    noise: Tensor,
    states: Tensor,
    empty: Tensor,
    guidance: float,
    steps: int,
) -> Tensor:
    """Denoises ``noise`` with classifier-free guidance; ``states`` and ``empty`` hold a row a picture."""
    scheduler.set_timesteps(steps, device=noise.device)
    latents, both = noise, torch.cat([empty, states])
    for timestep in scheduler.timesteps:
        with half_precision(noise.device, noise.is_cuda):
            velocity = unet(torch.cat([latents, latents]), timestep, both).sample.float()
        without, with_prompt = velocity.chunk(2)
        velocity = without + guidance * (with_prompt - without)
        latents = scheduler.step(velocity, timestep, latents).prev_sample
    return latents


@dataclass(frozen=True, slots=True)
class SampleSheet:
    """Which prompts a sheet asks for, and the autoencoder that decodes them."""

    folder: Path
    vae: AutoencoderTiny
    rows: list[int]
    captions: list[str]
    guidance: float = 2.5
    steps: int = 20

    @classmethod
    def make(
        cls, folder: Path, vae: str, phantoms: PhantomSet, prompts: Prompts, count: int = 24
    ) -> "SampleSheet":
        """Takes the captions of phantoms spread over the set; writes them beside the sheets."""
        chosen = torch.linspace(0, len(phantoms) - 1, min(count, len(phantoms))).long().tolist()
        rows = [int(prompts.template[i][0]) for i in chosen]
        captions = [prompts.sentences[row] for row in rows]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "captions.txt").write_text("\n".join(captions) + "\n", encoding="utf-8")
        return cls(
            folder, AutoencoderTiny.from_pretrained(vae, torch_dtype=torch.float32).eval(), rows, captions
        )

    @torch.no_grad()
    def draw(self, unet: UNet2DConditionModel, states: TextStates, step: int) -> Path:
        """Draws and decodes one sheet; ``states`` are all prompts' hidden states, the empty one first."""
        config, device = unet.config, unet.device
        shape = (len(self.rows), config.in_channels, config.sample_size, config.sample_size)
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(device)
        asked = states.of(self.rows).to(device)
        empty = states.of([0]).to(device).expand_as(asked)
        latents = draw_latents(unet, make_scheduler(), noise, asked, empty, self.guidance, self.steps)
        scaled = latents / self.vae.config.scaling_factor
        with half_precision(device, device.type == "cuda"):
            pictures = [self.vae.to(device).decode(part).sample for part in scaled.split(8)]
        path = self.folder / f"{step:06d}.png"
        write_grid(path, to_pictures(torch.cat([p.float() for p in pictures])), COLUMNS)
        return path
