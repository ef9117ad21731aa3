"""The healthy head and neck: what lies where, with its HU and uptake; brain, glands and larynx are hot and no tumour.

Coordinates are mm in the body's own frame: x to the left, y to the back, z to the head, 0 in the middle of the neck.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medmtl.cohort.synthetic.waves import Array, Waves, draw_waves

AIR_HU = -1000.0
GLAND_Y, GLAND_Z = -2.0, 12.0
LARYNX = (0.0, -22.0, -38.0)
SPINE_Y, SPINE_RADIUS = 30.0, 13.0
AIRWAY_Y, AIRWAY_RADIUS = -8.0, 8.0
BRAIN_CENTRE, BRAIN_RADII = (0.0, 4.0, 88.0), (52.0, 56.0, 42.0)
SKULL = 1.12  # outer over inner radius


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One healthy body: `radii` of the neck [mm], thickness of the fat [mm], uptake [g/mL] of what is hot."""

    radii: tuple[float, float]
    fat_mm: float
    gland_x: float
    brain_uptake: float
    gland_uptakes: tuple[float, float]
    larynx_uptake: float
    fat_planes: Waves


@dataclass(frozen=True, slots=True)
class Tissue:
    """HU and uptake [g/mL] on a lattice, and where a tumour may grow (not in bone, air and brain)."""

    hu: Array
    uptake: Array
    soft: NDArray[np.bool_]


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw a body: glands from cooler to hotter than a tumour, brain mostly hotter."""
    gland = rng.lognormal(np.log(4.0), 0.35)
    return Anatomy(
        radii=(float(rng.uniform(54, 62)), float(rng.uniform(56, 64))),
        fat_mm=float(rng.uniform(4, 12)),
        gland_x=float(rng.uniform(35, 41)),
        brain_uptake=float(rng.lognormal(np.log(8.0), 0.2)),
        gland_uptakes=(gland * float(rng.uniform(0.9, 1.1)), gland * float(rng.uniform(0.9, 1.1))),
        larynx_uptake=float(rng.lognormal(np.log(3.5), 0.3)),
        fat_planes=draw_waves(rng, 10, 25.0, 60.0),
    )


def tissue_at(body: Anatomy, x: Array, y: Array, z: Array) -> Tissue:
    """Return the tissue where the three coordinates [mm], broadcast against each other, point."""
    hu, uptake = _soft_tissue(body, x, y, z)
    for side, value in zip((-1, 1), body.gland_uptakes, strict=True):
        gland = _ellipsoid(x, y, z, (side * body.gland_x, GLAND_Y, GLAND_Z), (9, 12, 17)) < 1
        hu[gland], uptake[gland] = 15.0, value
    uptake[_ellipsoid(x, y, z, LARYNX, (11, 7, 7)) < 1] = body.larynx_uptake
    soft = hu > AIR_HU
    for where, here_hu, here_uptake in _rigid(body, x, y, z):
        hu[where], uptake[where], soft[where] = here_hu, here_uptake, False
    return Tissue(hu, uptake, soft)


def clearance(body: Anatomy, points: Array) -> Array:
    """Return how far [mm, roughly] each point [n, 3] is from the nearest thing that is not muscle."""
    x, y, z = points.T
    to_skin = (1 - np.hypot(x / body.radii[0], y / body.radii[1])) * min(body.radii) - body.fat_mm / 2
    to_airway = np.hypot(x, y - AIRWAY_Y) - AIRWAY_RADIUS
    to_spine = np.hypot(x, y - SPINE_Y) - SPINE_RADIUS
    to_gland = np.sqrt((np.abs(x) - body.gland_x) ** 2 + (y - GLAND_Y) ** 2 + (z - GLAND_Z) ** 2) - 13
    to_larynx = np.linalg.norm(points - np.array(LARYNX), axis=1) - 10
    room: Array = np.minimum.reduce([to_skin, to_airway, to_spine, to_gland, to_larynx])
    return room


def _soft_tissue(body: Anatomy, x: Array, y: Array, z: Array) -> tuple[Array, Array]:
    """Skin to spine: fat below the skin and in planes between the muscles, air around."""
    wider = 1 + 0.1 * np.tanh(z / 30)
    depth = (1 - np.hypot(x / (body.radii[0] * wider), y / (body.radii[1] * wider))) * min(body.radii)
    plane = np.exp(-((body.fat_planes.at(x, y, z) / 0.18) ** 2))
    fat = np.where(depth < body.fat_mm, 1.0, 0.75 * plane)
    inside = depth >= 0
    return np.where(inside, 55 - 150 * fat, AIR_HU), np.where(inside, 0.9 - 0.5 * fat, 0.0)


def _rigid(body: Anatomy, x: Array, y: Array, z: Array) -> list[tuple[NDArray[np.bool_], float, float]]:
    """Return where bone, air and brain lie, with their HU and uptake; later ones lie over earlier ones."""
    head = _ellipsoid(x, y, z, BRAIN_CENTRE, BRAIN_RADII)
    spine = np.hypot(x, y - SPINE_Y) + 0 * z
    airway = (np.hypot(x, y - AIRWAY_Y) < AIRWAY_RADIUS) & (z < 30)
    return [
        (spine < SPINE_RADIUS, 600.0, 1.0),
        (spine < SPINE_RADIUS - 3, 220.0, 1.6),
        (airway, AIR_HU, 0.0),
        (head < SKULL, 900.0, 0.8),
        (head < 1, 35.0, body.brain_uptake),
    ]


def _ellipsoid(x: Array, y: Array, z: Array, centre: tuple[float, ...], radii: tuple[float, ...]) -> Array:
    """Return 0 at the centre, 1 on the surface."""
    (a, b, c), (p, q, r) = centre, radii
    return np.sqrt(((x - a) / p) ** 2 + ((y - b) / q) ** 2 + ((z - c) / r) ** 2)
