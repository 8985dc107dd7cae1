"""Microscopic sizes: shows in seconds that the study holds together, and draws nothing worth looking at."""

from pathlib import Path

from training.study.plan import BasePlan, StudyPlan


def tiny_plan(output: Path) -> StudyPlan:
    """A whole study of two sites, one tone and steps by the handful."""
    steps, tiny = ("--steps", "2"), ("--size", "tiny")
    base = BasePlan(
        phantoms=8,
        judge_phantoms=10,
        held_out=10,
        pixels=32,
        autoencoder=(*tiny, *steps, "--batch", "2"),
        clip=(*tiny, *steps, "--batch", "4"),
        judge=(*steps, "--batch", "4"),
        unet=(*tiny, *steps, "--batch", "2", "--paraphrases", "1"),
        redrawn=2,
        decoder=(*steps, "--batch", "2"),
        unet_longer=(*steps, "--batch", "2", "--paraphrases", "1"),
    )
    return StudyPlan(
        output,
        base,
        sites=("face", "foot"),
        tones=("fair",),
        seeds=(1,),
        size=12,
        other_sizes=(20,),
        sized_arms=("swap",),
        weights=(0.5,),
        distillations=(),
        clip_layers=1,
        clip_steps=2,
        too_many_steps=(),
        clip_batch=4,
        lora_steps=2,
        longer_steps=(),
        lora_batch=2,
        measured=4,
        pictures=4,
        inference_steps=2,
    )
