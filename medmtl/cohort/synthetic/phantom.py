"""Makes one synthetic case: body, tumour, examination, hazard and follow-up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from medmtl.cohort.synthetic.anatomy import draw_anatomy, tissue_at
from medmtl.cohort.synthetic.hazard import Traits, draw_follow_up, log_hazard
from medmtl.cohort.synthetic.scanner import Acquisition, Points, Scene, acquire
from medmtl.cohort.synthetic.settings import PhantomSettings
from medmtl.cohort.synthetic.tumour import draw_tumour, grow
from medmtl.cohort.synthetic.waves import Array
from medmtl.records import Endpoint, Image

ENDPOINT = "pfs"


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A synthetic case with its truth. `mask`, `endpoint` and clinical values are None where they are missing."""

    case_id: str
    centre: str
    ct: Image
    pet: Image
    mask: Image | None
    endpoint: Endpoint | None
    clinical: Mapping[str, float | str | None]
    traits: Traits
    log_hazard: float


def make_case(settings: PhantomSettings, index: int) -> Phantom:
    """Make the case of this index; the same whichever others are made, and in whichever process."""
    image_rng, life_rng, missing_rng = np.random.default_rng([settings.seed, index]).spawn(3)
    scanner = settings.centres[int(image_rng.integers(len(settings.centres)))]
    examined = acquire(_draw_scene(image_rng), scanner, settings.field_mm, image_rng)
    traits = _draw_traits(examined, life_rng)
    risk = log_hazard(traits)
    complete = Phantom(
        case_id=f"phantom-{index:03d}",
        centre=scanner.centre,
        ct=examined.ct,
        pet=examined.pet,
        mask=examined.mask,
        endpoint=draw_follow_up(risk, life_rng),
        clinical=_clinical(traits, life_rng),
        traits=traits,
        log_hazard=risk,
    )
    return _lose_some(complete, settings, missing_rng)


def _draw_scene(rng: np.random.Generator) -> Scene:
    body = draw_anatomy(rng)
    tumour = draw_tumour(rng, body)

    def scene(points: Points) -> tuple[Array, Array, Array]:
        tissue, inside = grow(tumour, tissue_at(body, *points), points)
        return tissue.hu, tissue.uptake, inside

    return scene


def _draw_traits(examined: Acquisition, rng: np.random.Generator) -> Traits:
    uptake = examined.tumour_uptake
    return Traits(
        volume_ml=uptake.size * examined.mask.grid.voxel_volume_ml,
        uptake=float(uptake.mean()),
        heterogeneity=float(uptake.std() / uptake.mean()),
        age=float(np.clip(rng.normal(62, 10), 25, 90).round()),
        performance_status=int(rng.choice(3, p=(0.5, 0.35, 0.15))),
    )


def _clinical(traits: Traits, rng: np.random.Generator) -> dict[str, float | str | None]:
    sex = "Female" if rng.uniform() < 0.35 else "Male"  # as in head and neck cancer; it does not enter the hazard
    return {"age": traits.age, "performance_status": str(traits.performance_status), "sex": sex}


def _lose_some(whole: Phantom, settings: PhantomSettings, rng: np.random.Generator) -> Phantom:
    """Lose values completely at random."""
    mask, endpoint, *values = rng.uniform(size=2 + len(whole.clinical))
    pairs = zip(whole.clinical.items(), values, strict=True)
    return replace(
        whole,
        mask=None if mask < settings.missing_mask else whole.mask,
        endpoint=None if endpoint < settings.missing_endpoint else whole.endpoint,
        clinical={name: None if lost < settings.missing_clinical else value for (name, value), lost in pairs},
    )
