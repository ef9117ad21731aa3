"""Whole bodies of ellipsoids: hot brain, heart and bladder, arms up or down, a table, tumours of the head and neck."""

from typing import NamedTuple

import numpy as np

from medmtl.imaging.grid import points_at
from medmtl.records import Grid, Image

AIR, FAT, SOFT, BONE, LUNG, PLASTIC = -1000.0, -90.0, 45.0, 700.0, -800.0, 60.0
NO_UPTAKE = (0.0, 0.0)


class Body(NamedTuple):
    """How one patient lies in one scanner; lengths in mm, z = 0 is the vertex."""

    scale: float
    neck: float
    brain_suv: float
    heart_suv: float
    bladder_suv: float
    arms: str  # down, up, crossed
    top: float  # where the CT begins, above the vertex
    pet_top: float
    length: float
    aside: tuple[float, float]
    lean: tuple[float, float]  # of the scanner's grid [rad]
    flips: tuple[bool, bool, bool]
    tumours: tuple[tuple[int, tuple[float, float, float], float, float], ...]  # label, centre, radius, SUV


class Examined(NamedTuple):
    """What is measured of a body."""

    ct: Image
    pet: Image
    mask: Image


def draw_body(rng: np.random.Generator, **fixed: object) -> Body:
    """Draw a patient; what is `fixed` is not drawn."""
    scale, neck = rng.uniform(0.88, 1.1), rng.uniform(50, 72)
    top = rng.choice([rng.uniform(2, 20), rng.uniform(20, 150), -rng.uniform(20, 130)], p=[0.4, 0.4, 0.2])
    tumours = tuple(_draw_tumours(rng, scale, neck))
    needed = max(centre[2] + radius for _, centre, radius, _ in tumours) + 10
    return Body(
        scale=scale,
        neck=neck,
        brain_suv=rng.uniform(5, 15),
        heart_suv=rng.choice([2.0, rng.uniform(4, 16)]),
        bladder_suv=rng.uniform(15, 90),
        arms=str(rng.choice(["down", "up", "crossed"], p=[0.5, 0.3, 0.2])),
        top=max(float(top), needed),  # what is drawn as tumour is seen, on both
        pet_top=max(float(top + rng.choice([0, rng.uniform(-60, 60)])), needed),
        length=rng.uniform(600, 1330),
        aside=tuple(rng.uniform(-30, 30, 2)),
        lean=tuple(rng.uniform(-0.1, 0.1, 2) * (rng.uniform() < 0.3)),
        flips=tuple(rng.uniform(size=3) < 0.3),
        tumours=tumours,
    )._replace(**fixed)


def _draw_tumours(rng, scale, neck):
    depth = rng.uniform(125, 235) * scale
    radius = rng.uniform(6, 26)
    yield 1, (rng.uniform(-25, 25), rng.uniform(-30, 0), -depth), radius, rng.uniform(4, 20)
    for _ in range(rng.choice(5, p=[0.25, 0.3, 0.2, 0.15, 0.1])):
        side, level = rng.choice([-1, 1], p=[0.4, 0.6]), rng.uniform(150, 300) * scale
        radius = min(rng.uniform(5, 20), 0.35 * neck)
        centre = (side * (neck - radius - 6) * rng.uniform(0.75, 1), rng.uniform(-15, 15), -level)
        yield 2, centre, radius, rng.uniform(3, 15)


def examine(body: Body, rng: np.random.Generator, voxel_mm: float = 8.0) -> Examined:
    """Take CT, PET and reference mask of a body on grids of their own."""
    ct_grid = _grid(body, (520, 430), body.top, body.length, voxel_mm)
    pet_grid = _grid(body, (640, 560), body.pet_top, body.length, voxel_mm * 1.1)
    hu, _, label = _tissue(body, ct_grid)
    _, suv, _ = _tissue(body, pet_grid)
    hu += rng.normal(0, 15, hu.shape)
    suv = np.maximum(suv * rng.normal(1, 0.08, suv.shape) + rng.normal(0, 0.05, suv.shape), 0)
    return Examined(Image(hu.astype(np.int16), ct_grid), Image(suv.astype(np.float32), pet_grid), Image(label, ct_grid))


def _grid(body, wide, top, length, voxel_mm):
    size = np.array([int(wide[0] / voxel_mm), int(wide[1] / voxel_mm), int(length / voxel_mm)])
    (a, b), signs = body.lean, np.where(body.flips, -1.0, 1.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    axes = about_x @ about_y * signs
    middle = np.array([0, 0, top - length / 2])
    origin = middle - axes @ (voxel_mm * (size - 1) / 2)
    return Grid(tuple(size.tolist()), (voxel_mm,) * 3, tuple(origin.tolist()), tuple(axes.ravel().tolist()))


def _tissue(body, grid):
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1).reshape(-1, 3)
    x, y, z = points_at(grid, index.astype(float)).T
    shape = grid.size
    x, y, s = x - body.aside[0], y - body.aside[1], body.scale
    hu, suv, label = np.full(x.shape, AIR), np.zeros(x.shape), np.zeros(x.shape, np.uint8)

    def fill(where, density, uptake):
        hu[where], suv[where] = density, uptake

    def ball(centre, radii):
        return sum(((p - c) / r) ** 2 for p, c, r in zip((x, y, z), centre, radii, strict=True)) < 1

    fill((np.abs(y - 150) < 6) & (np.abs(x) < 220), PLASTIC, 0)  # the table
    holder = np.hypot(x, y - 10)
    fill((np.abs(holder - 132) < 6) & (y > 30) & (z > -230) & (z < 30), PLASTIC, 0)
    width = np.interp(-z / s, [235, 300, 340], [body.neck, 170, 205]) * s
    fill((z < -140 * s) & ((x / width) ** 2 + (y / np.minimum(width, 115 * s)) ** 2 < 1) & (z > -900 * s), SOFT, 0.7)
    for side in (-1, 1):
        fill((z <= -900 * s) & (np.hypot(x - side * 95, y) < 80), SOFT, 0.6)
        fill(ball((side * 95 * s, 0, -440 * s), (75 * s, 85 * s, 130 * s)), LUNG, 0.4)
        for start, stop, radius in _arm(body, side):
            fill(_rod(np.stack([x, y, z]), np.array(start), np.array(stop), radius), SOFT, 0.5)
    fill(ball((0, 0, -112 * s), (78 * s, 98 * s, 112 * s)), BONE, 1.0)
    fill(ball((0, 0, -112 * s), (72 * s, 92 * s, 106 * s)), SOFT, 1.2)
    fill(ball((0, 8, -76 * s), (66 * s, 82 * s, 63 * s)), 35, body.brain_suv)
    fill(ball((0, 8, -76 * s), (45 * s, 60 * s, 42 * s)), 30, body.brain_suv * 0.35)
    fill(ball((0, 45 * s, -125 * s), (50 * s, 30 * s, 25 * s)), 35, body.brain_suv * 0.8)  # cerebellum
    fill(ball((0, -60 * s, -130 * s), (15, 45, 25)), AIR, 0.1)
    fill((np.hypot(x, y + 20) < 9) & (z < -150 * s) & (z > -330 * s), AIR, 0.1)
    for side in (-1, 1):
        fill(ball((side * 50 * s, -10, -150 * s), (12, 16, 20)), SOFT, 2.8)  # parotid glands
    fill(ball((0, -35, -225 * s), (20, 15, 12)), SOFT, 3.0)  # larynx
    heart = (45 * s, -40 * s, -425 * s)
    fill(ball(heart, (50, 42, 50)), SOFT, body.heart_suv)
    fill(ball(heart, (36, 28, 36)), SOFT, 1.5)
    fill(ball((-75 * s, 0, -580 * s), (95 * s, 85 * s, 75 * s)), 55, 2.3)
    fill(ball((0, -30, -870 * s), (45, 40, 40)), 10, body.bladder_suv)
    for value, centre, radius, uptake in body.tumours:
        inside = ball(centre, (radius,) * 3)
        fill(inside, SOFT, uptake)
        label[inside] = value
    return tuple(values.reshape(shape).transpose(2, 1, 0) for values in (hu, suv, label))


def _arm(body, side):
    s = body.scale
    shoulder = (side * 185 * s, 0, -310 * s)
    if body.arms == "down":
        return [
            (shoulder, (side * 235 * s, 20, -600 * s), 45 * s),
            ((side * 235 * s, 20, -600 * s), (side * 235 * s, 0, -850 * s), 36 * s),
        ]
    elbow = (side * 200 * s, -20, 20.0)
    hand = (side * 100, -20, 260.0) if body.arms == "up" else (-side * 60, -30, 75.0)
    return [(shoulder, elbow, 46 * s), (elbow, hand, 38 * s)]


def _rod(points, start, stop, radius):
    along = stop - start
    part = np.clip(((points - start[:, None]) * along[:, None]).sum(axis=0) / (along @ along), 0, 1)
    return ((points - start[:, None] - part * along[:, None]) ** 2).sum(axis=0) < radius**2
