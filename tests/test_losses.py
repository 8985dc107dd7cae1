import math

import pytest
import torch

from training.clip_tuning.losses import (
    area_loss,
    clip_gradients,
    equal_labels,
    multi_positive_info_nce,
    rash_map_loss,
)


def slow_info_nce(similarity: list[list[float]], positives: list[list[bool]]) -> float:
    """One row and one column after another, as the formula reads."""

    def one_way(scores: list[list[float]], right: list[list[bool]]) -> float:
        losses = []
        for row, marks in zip(scores, right, strict=True):
            total = sum(math.exp(value) for value in row)
            terms = [-math.log(math.exp(v) / total) for v, mark in zip(row, marks, strict=True) if mark]
            if terms:
                losses.append(sum(terms) / len(terms))
        return sum(losses) / len(losses)

    columns = [list(column) for column in zip(*similarity, strict=True)]
    marks = [list(column) for column in zip(*positives, strict=True)]
    return (one_way(similarity, positives) + one_way(columns, marks)) / 2


def test_the_loss_equals_the_formula_read_slowly():
    generator = torch.Generator().manual_seed(3)
    similarity = torch.randn(7, 7, generator=generator)
    labels = torch.tensor([[0, 1], [0, 1], [2, 1], [0, 0], [2, 1], [2, 1], [5, 5]])
    positives = equal_labels(labels, labels)
    expected = slow_info_nce(similarity.tolist(), positives.tolist())
    assert float(multi_positive_info_nce(similarity, positives)) == pytest.approx(expected, abs=1e-5)


def test_labels_are_equal_only_if_every_attribute_is():
    labels = torch.tensor([[0, 1, 2], [0, 1, 3], [0, 1, 2]])
    expected = [[True, False, True], [False, True, False], [True, False, True]]
    assert equal_labels(labels, labels).tolist() == expected


def test_a_batch_of_equal_captions_pushes_nothing_apart():
    similarity = torch.zeros(4, 4, requires_grad=True)
    loss = multi_positive_info_nce(similarity, torch.ones(4, 4, dtype=torch.bool))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.log(4))
    assert similarity.grad is not None and float(similarity.grad.abs().max()) < 1e-7


def test_equal_captions_cost_less_than_when_called_negatives():
    similarity = torch.tensor([[5.0, 5.0, 0.0], [5.0, 5.0, 0.0], [0.0, 0.0, 5.0]])
    both = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    assert multi_positive_info_nce(similarity, both) == pytest.approx(
        float(multi_positive_info_nce(similarity, torch.eye(3, dtype=torch.bool))), abs=1e-5
    )
    apart = torch.tensor([[9.0, 1.0, 0.0], [1.0, 9.0, 0.0], [0.0, 0.0, 5.0]])
    single = multi_positive_info_nce(apart, torch.eye(3, dtype=torch.bool))
    assert multi_positive_info_nce(apart, both) > single


def test_area_loss_counts_lesions_more():
    logits = torch.zeros(1, 3, 2, 2)
    logits[:, 1] = 4.0
    classes = torch.tensor([[[1, 1], [1, 2]]])
    light = area_loss(logits, classes, torch.tensor([1.0, 1.0, 1.0]))
    heavy = area_loss(logits, classes, torch.tensor([1.0, 1.0, 5.0]))
    assert heavy > light > 0


def test_the_rash_of_lesion_squares_equals_counting_them():
    generator = torch.Generator().manual_seed(1)
    logits, rashes = torch.randn(2, 3, 2, 2, generator=generator), torch.tensor([2, 0])
    areas = torch.tensor([[[0, 2], [1, 2]], [[1, 1], [2, 0]]])
    losses = []
    for picture, row, column in ((0, 0, 1), (0, 1, 1), (1, 1, 0)):
        scores = logits[picture, :, row, column].tolist()
        total = sum(math.exp(value) for value in scores)
        losses.append(-math.log(math.exp(scores[int(rashes[picture])]) / total))
    assert float(rash_map_loss(logits, rashes, areas)) == pytest.approx(sum(losses) / 3, abs=1e-5)


def test_pictures_without_lesions_cost_nothing_by_squares():
    assert float(rash_map_loss(torch.randn(1, 3, 2, 2), torch.tensor([1]), torch.ones(1, 2, 2).long())) == 0


def test_clipping_returns_the_norm_and_shortens_it():
    weight = torch.nn.Parameter(torch.ones(4))
    (weight * 10).sum().backward()
    assert clip_gradients([weight], 1.0) == pytest.approx(20.0)
    assert weight.grad is not None and float(weight.grad.norm()) == pytest.approx(1.0, abs=1e-3)
