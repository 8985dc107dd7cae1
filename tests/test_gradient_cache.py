"""Gradient caching on its own: the sum over parts is the gradient of the whole."""

import pytest
import torch
from torch import Tensor, nn

from training.clip_tuning.gradient_cache import CachedSide, embedding_gradients
from training.loop.processes import Processes


def loss_of(images: Tensor, texts: Tensor) -> Tensor:
    return nn.functional.cross_entropy(images @ texts.T, torch.arange(len(images)))


def test_parts_of_any_size_give_the_gradients_of_one_batch() -> None:
    torch.manual_seed(0)
    net, images, inputs = nn.Linear(5, 3), torch.randn(7, 3), torch.randn(7, 5)
    (loss_of(images, net(inputs).tanh()) + 0.1 * net(inputs).square().sum()).backward()
    assert net.weight.grad is not None
    expected = net.weight.grad.clone()
    for micro in (1, 2, 7, 100):
        net.zero_grad()

        def forward(part: slice) -> tuple[Tensor, Tensor]:
            found = net(inputs[part])
            return found.tanh(), 0.1 * found.square().sum()

        side = CachedSide(forward, lambda part: forward(part)[0], 7, micro, 3)
        embedded = side.embed(torch.device("cpu"))
        assert not embedded.requires_grad
        loss, _, gradient = embedding_gradients(loss_of, images, embedded)
        side.backward(gradient)
        assert torch.allclose(net.weight.grad, expected, atol=1e-6)
        assert loss == pytest.approx(float(loss_of(images, net(inputs).tanh()).detach()), rel=1e-5)
        assert side.own_loss == pytest.approx(0.1 * float(net(inputs).square().sum().detach()), rel=1e-5)


def test_adding_up_small_batches_is_another_loss() -> None:
    """The reason for all this."""
    torch.manual_seed(0)
    images, texts = torch.randn(8, 3), torch.randn(8, 3)
    parts = [loss_of(images[i : i + 2], texts[i : i + 2]) for i in range(0, 8, 2)]
    assert float(sum(parts) / 4) < float(loss_of(images, texts)) - 0.1


def test_a_single_part_is_run_once_and_an_empty_share_not_at_all() -> None:
    runs: list[slice] = []

    def forward(part: slice) -> tuple[Tensor, Tensor]:
        runs.append(part)
        return torch.ones(part.stop - part.start, 2, requires_grad=True), torch.zeros(())

    side = CachedSide(forward, lambda part: forward(part)[0], 3, 4, 2)
    side.backward(torch.ones_like(side.embed(torch.device("cpu"))))
    assert runs == [slice(0, 3)]
    assert CachedSide(forward, lambda part: forward(part)[0], 0, 4, 2).embed(torch.device("cpu")).shape == (
        0,
        2,
    )


def test_shares_cover_everything_once() -> None:
    for total in (0, 1, 2, 7, 8):
        shares = [Processes(i, 3).share(total) for i in range(3)]
        assert [i for share in shares for i in range(total)[share]] == list(range(total))
