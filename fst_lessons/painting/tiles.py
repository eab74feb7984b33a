"""Cut the plane into tiles: squares that turn with a field, or pieces of glass.

The tiles are Voronoi cells of seeds that were moved to their cells' centers. Measured
by the larger of the two distances along turned axes the cells become squares, as in
Hausner, "Simulating decorative mosaics" (SIGGRAPH 2001).
"""

from __future__ import annotations

import numpy as np

from .canvas import Array

_SLOTS = 4  # seeds kept per bucket; even seeds hardly ever need more


def scatter(count: int, rng: np.random.Generator) -> Array:
    """Return about `count` seeds `(n, 2)`, one in each cell of a jittered grid."""
    side = int(np.ceil(np.sqrt(count)))
    cells = np.stack(np.divmod(np.arange(side * side), side), -1)[:, ::-1]
    return (cells + rng.uniform(0.1, 0.9, cells.shape)) / side


def settle(seeds: Array, angle: Array, *, rounds: int, square: bool = True) -> Array:
    """Return the seeds after moving each to the center of its tile, some times.

    Args:
        seeds: `(n, 2)` in the unit square.
        angle: direction of the tiles in radians, `(m, m)`; m sets the precision.
        rounds: how often to move.
        square: square tiles (larger distance) or round ones (straight distance).
    """
    size = angle.shape[0]
    for _ in range(rounds):
        owner, _ = tessellate(size, seeds, angle, square=square)
        count = np.bincount(owner.ravel(), minlength=len(seeds))
        axis = (np.arange(size) + 0.5) / size
        x, y = np.meshgrid(axis, axis)
        sums = [np.bincount(owner.ravel(), p.ravel(), len(seeds)) for p in (x, y)]
        center = np.stack(sums, -1) / np.maximum(count, 1)[:, None]
        seeds = np.where(count[:, None] > 0, center, seeds)
    return seeds


def tessellate(
    size: int, seeds: Array, angle: Array, *, square: bool = True
) -> tuple[Array, Array]:
    """Return each pixel's tile and its distance to the tile's edge.

    Args:
        size: pixels of the answer's side.
        seeds: `(n, 2)` in the unit square.
        angle: directions `(m, m)`, read at the seeds.
        square: as in `settle`.

    Returns:
        The index of the tile `(size, size)`, and half the difference between the
        distances to the second and to the first seed, in units of the canvas.
    """
    side = max(3, int(np.sqrt(len(seeds) / 1.5)))
    table = _buckets(seeds, side)
    at = np.clip((seeds * angle.shape[0]).astype(int), 0, angle.shape[0] - 1)
    turn = angle[at[:, 1], at[:, 0]]
    facts = np.stack([*seeds.T, np.cos(turn), np.sin(turn)]).astype(np.float32)
    axis = ((np.arange(size) + 0.5) / size).astype(np.float32)
    owner = np.empty((size, size), np.int32)
    gap = np.empty((size, size), np.float32)
    band = max(1, (1 << 18) // size)  # few rows at once: stays in the cache
    for top in range(0, size, band):
        x, y = np.meshgrid(axis, axis[top : top + band])
        owner[top : top + band], gap[top : top + band] = _nearest(
            x, y, table, facts, square
        )
    return owner, gap


def _buckets(seeds: Array, side: int) -> Array:
    """Return seed indices by bucket, `(side + 2, side + 2, slots)`, -1 where none."""
    table = np.full((side + 2, side + 2, _SLOTS), -1, np.int32)
    used = np.zeros((side + 2, side + 2), int)
    cell = np.clip((seeds * side).astype(int), 0, side - 1) + 1
    for n, (column, row) in enumerate(cell.tolist()):
        if used[row, column] < _SLOTS:
            table[row, column, used[row, column]] = n
            used[row, column] += 1
    return table


def _nearest(
    x: Array, y: Array, table: Array, facts: Array, square: bool
) -> tuple[Array, Array]:
    """Return the nearest seed of each pixel, and half the lead over the second."""
    side = table.shape[0] - 2
    row = np.minimum((y * side).astype(np.int32), side - 1)
    column = np.minimum((x * side).astype(np.int32), side - 1)
    best = np.full(x.shape, 9.0, np.float32)
    second, owner = best.copy(), np.zeros(x.shape, np.int32)
    for shift in range(9 * _SLOTS):
        near, slot = divmod(shift, _SLOTS)
        seed = table[row + near // 3, column + near % 3, slot]
        if (seed < 0).all():
            continue
        sx, sy, cos, sin = facts[:, seed]
        dx, dy = x - sx, y - sy
        if square:
            far = np.maximum(abs(dx * cos + dy * sin), abs(dy * cos - dx * sin))
        else:
            far = np.sqrt(dx * dx + dy * dy)
        far[seed < 0] = 9.0
        closer = far < best
        second = np.where(closer, best, np.minimum(second, far))
        owner = np.where(closer, seed, owner)
        best = np.where(closer, far, best)
    return owner, (second - best) / 2
