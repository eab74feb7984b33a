"""Muon: orthogonal steps for matrices, Adam for the rest."""

import pytest
import torch
from torch import nn

from fst_lessons.optimizers import Muon, orthogonalize


@pytest.mark.parametrize("shape", [(8, 8), (8, 30), (30, 8)])
def test_singular_values_come_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalize(matrix))
    assert values.min() > 0.5
    assert values.max() < 1.35


def test_singular_vectors_stay():
    generator = torch.Generator().manual_seed(0)
    u, _ = torch.linalg.qr(torch.randn(6, 6, generator=generator))
    v, _ = torch.linalg.qr(torch.randn(9, 6, generator=generator))
    matrix = u @ torch.diag(torch.tensor([5.0, 4, 3, 2, 1, 0.5])) @ v.T
    turned = u.T @ orthogonalize(matrix) @ v
    torch.testing.assert_close(turned, torch.diag(turned.diag()), atol=1e-4, rtol=0)
    assert turned.diag().min() > 0.5


def test_the_size_of_the_gradient_does_not_matter():
    matrix = torch.randn(5, 7, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        orthogonalize(matrix), orthogonalize(1000 * matrix), atol=1e-3, rtol=0
    )


def test_biases_move_as_adam_moves_them():
    ours, theirs = (nn.Parameter(torch.linspace(-1, 1, 6)) for _ in range(2))
    muon = Muon([ours], lr=0.02, scalar_lr=0.2)
    adam = torch.optim.Adam([theirs], lr=0.004, betas=(0.9, 0.99))
    for step in range(5):
        for weight, optimizer in ((ours, muon), (theirs, adam)):
            optimizer.zero_grad()
            ((weight - step) ** 2).sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours, theirs)


def test_a_matrix_of_numbers_each_for_itself_moves_as_adam_moves_it():
    torch.manual_seed(0)
    ours, theirs = nn.Linear(6, 8), nn.Linear(6, 8)
    theirs.load_state_dict(ours.state_dict())
    muon = Muon(ours.parameters(), lr=0.05, by_entry=[ours.weight])
    adam = torch.optim.Adam(theirs.parameters(), lr=0.01, betas=(0.9, 0.99))
    for step in range(3):
        for net, optimizer in ((ours, muon), (theirs, adam)):
            optimizer.zero_grad()
            net(torch.full((2, 6), step + 1.0)).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, theirs.weight)


def test_a_convolutions_step_has_the_learning_rates_norm():
    weight = nn.Parameter(torch.randn(8, 4, 3, 3))
    before = weight.detach().clone()
    weight.grad = torch.randn(8, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    Muon([weight], lr=0.1).step()
    norm = torch.linalg.matrix_norm((weight.detach() - before).flatten(1), 2)
    assert 0.05 < norm < 0.14


def test_weights_without_a_gradient_stay():
    weight = nn.Parameter(torch.ones(4, 4))
    Muon([weight]).step()
    assert torch.equal(weight, torch.ones(4, 4))


def test_the_state_continues():
    def make():
        weights = [nn.Parameter(torch.ones(5, 5)), nn.Parameter(torch.ones(5))]
        return weights, Muon(weights)

    def move(weights, optimizer, step):
        for weight in weights:
            weight.grad = torch.full_like(weight, 1.0) * (step + 1)
            weight.grad[0] = -step
        optimizer.step()

    straight, one = make()
    for step in range(4):
        move(straight, one, step)
    half, two = make()
    for step in range(2):
        move(half, two, step)
    other, three = make()
    three.load_state_dict(two.state_dict())
    for weight, value in zip(other, half, strict=True):
        weight.data.copy_(value)
    for step in (2, 3):
        move(other, three, step)
    for a, b in zip(straight, other, strict=True):
        assert torch.equal(a, b)
