"""Losses shared by the training commands."""

import torch
from torch import Tensor
from torch.nn import functional

from core.measuring.judge_network import LESION


def equal_labels(labels: Tensor, others: Tensor) -> Tensor:
    """Which pairs carry equal attributes.

    Args:
        labels: (rows, attributes) integers.
        others: (columns, attributes) integers.

    Returns:
        (rows, columns) booleans.
    """
    return (labels[:, None, :] == others[None, :, :]).all(dim=-1)


def multi_positive_info_nce(similarity: Tensor, positives: Tensor) -> Tensor:
    """InfoNCE in which every pair marked in ``positives`` is right, averaged over both directions.

    A row's loss is the mean of -log softmax over its positives (the form "outside the logarithm" of Khosla
    et al. 2020, "Supervised Contrastive Learning", eq. 2), so two pictures with equal captions never push
    each other away. Rows without a positive are left out.

    Args:
        similarity: (images, texts), already multiplied by the logit scale.
        positives: (images, texts) booleans.
    """
    return (_one_way(similarity, positives) + _one_way(similarity.T, positives.T)) / 2


def _one_way(similarity: Tensor, positives: Tensor) -> Tensor:
    log_probability = functional.log_softmax(similarity.float(), dim=1)
    count = positives.sum(dim=1)
    of_positives = log_probability.masked_fill(~positives, 0.0).sum(dim=1)
    answered = count > 0
    return -(of_positives[answered] / count[answered]).mean()


def area_loss(logits: Tensor, classes: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy over an image's areas, each class weighted so that small lesions count.

    Args:
        logits: (batch, classes, height, width).
        classes: (batch, height, width) integers.
        weights: (classes,).
    """
    return functional.cross_entropy(logits.float(), classes, weight=weights.to(logits.device))


def rash_map_loss(logits: Tensor, rashes: Tensor, areas: Tensor) -> Tensor:
    """Cross-entropy of the picture's rash at its lesion squares: the mean over all of them, 0 without any.

    Args:
        logits: (batch, rashes, height, width).
        rashes: (batch,) integers.
        areas: (batch, height, width) area classes.
    """
    asked = rashes[:, None, None].expand_as(areas)
    losses = functional.cross_entropy(logits.float(), asked, reduction="none")
    lesion = (areas == LESION).float()
    return (losses * lesion).sum() / lesion.sum().clamp(min=1)


def clip_gradients(parameters: list[torch.nn.Parameter], limit: float) -> float:
    """Clips in place; returns the norm before clipping.

    Takes a list, not an iterator: a spent iterator would clip nothing without a word.
    """
    return float(torch.nn.utils.clip_grad_norm_(parameters, limit))
