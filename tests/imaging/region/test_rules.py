"""What each rule keeps of bodies whose places are known."""

import numpy as np
import pytest

from medmtl.errors import MedmtlError
from medmtl.imaging.grid import points_at
from medmtl.imaging.region.body_top_slab import BodyTopSlab
from medmtl.imaging.region.chain import Chain
from medmtl.imaging.region.most_uptake import MostUptake
from medmtl.imaging.region.pet_guided import PetGuided
from medmtl.imaging.region.prior_box import PriorBox
from medmtl.imaging.region.whole import Whole
from medmtl.imaging.voxel_box import part_of, whole_box

LEVEL = {"lean": (0.0, 0.0), "aside": (0.0, 0.0), "flips": (False, False, False)}
HEAD = {"top": 100.0, "pet_top": 100.0, "length": 900.0, "scale": 1.0, "neck": 60.0, **LEVEL}
TONSIL = (1, (15.0, -20.0, -170.0), 14.0, 9.0)
NODE = (2, (45.0, 0.0, -215.0), 10.0, 6.0)


def _ends(one, box) -> np.ndarray:
    """Return the centres of the first and the last voxel of a box [mm]."""
    part = part_of(one.ct.grid, box)
    return np.sort(points_at(part, np.array([[0.0, 0.0, 0.0], np.array(part.size) - 1.0])), axis=0)


def _middle(one, box) -> np.ndarray:
    return _ends(one, box).mean(axis=0)


def test_all_of_the_ct_is_the_whole(patient) -> None:
    one = patient(0)
    assert one.region(Whole()) == one.region(Chain([])) == whole_box(one.ct.grid)
    assert part_of(one.ct.grid, one.region(Whole())) is one.ct.grid


@pytest.mark.parametrize("arms", ["down", "up", "crossed"])
def test_a_slab_hangs_from_the_vertex_and_is_as_wide_as_the_ct(arms: str, patient) -> None:
    one = patient(4, arms=arms, **HEAD)
    box = one.region(BodyTopSlab(length_mm=400.0, margin_mm=15.0))
    low, high = _ends(one, box)[:, 2]
    assert high == pytest.approx(15, abs=22)
    assert high - low == pytest.approx(415, abs=11)
    assert box.size[:2] == one.ct.grid.size[:2]


def test_a_slab_begins_where_the_pet_does(patient) -> None:
    one = patient(4, arms="down", **(HEAD | {"pet_top": -70.0}))
    assert _ends(one, one.region(BodyTopSlab(margin_mm=0.0)))[1, 2] == pytest.approx(-70, abs=16)


def test_a_scan_shorter_than_the_slab_is_kept_from_the_vertex_down(patient) -> None:
    one = patient(4, arms="down", **(HEAD | {"length": 300.0}))
    low, high = _ends(one, one.region(BodyTopSlab()))[:, 2]
    assert low == pytest.approx(-200, abs=11)
    assert high == pytest.approx(15, abs=22)


def test_a_grid_that_leans_a_little_is_followed_and_one_that_leans_far_refused(patient) -> None:
    leaning = patient(4, arms="down", **(HEAD | {"lean": (0.3, 0.2)}))
    assert all(
        leaning.covered(leaning.region(BodyTopSlab()), label) == 1 for label in np.unique(leaning.mask.array)[1:]
    )
    far = patient(4, **(HEAD | {"lean": (0.75, 0.0)}))
    with pytest.raises(MedmtlError, match=r"within 37 degrees of the patient's axes.*leans by 43.*region Whole"):
        far.region(BodyTopSlab())
    assert far.region(Whole()) == whole_box(far.ct.grid)


@pytest.mark.parametrize("edge", [160.0, 224.0])
def test_the_guided_box_has_its_size_and_holds_tumour_and_node(edge: float, patient) -> None:
    one = patient(6, tumours=(TONSIL, NODE), arms="up", **HEAD)
    box = one.region(BodyTopSlab(), PetGuided((edge, edge, edge)))
    np.testing.assert_array_equal(box.size, [edge // 10, edge // 10, edge // 10])
    assert one.covered(box, 1) == one.covered(box, 2) == 1


@pytest.mark.parametrize("organ", [{"brain_suv": 30.0}, {"heart_suv": 40.0}, {"bladder_suv": 300.0}])
def test_a_hot_organ_draws_the_box_no_further_than_a_cold_one(organ: dict[str, float], patient) -> None:
    cold = {"brain_suv": 6.0, "heart_suv": 1.5, "bladder_suv": 3.0, "tumours": (TONSIL, NODE), "arms": "down", **HEAD}
    rule = PetGuided((160.0, 160.0, 160.0))
    boxes = [(one := patient(6, **given), one.region(BodyTopSlab(), rule)) for given in (cold, cold | organ)]
    (before, first), (after, second) = boxes
    np.testing.assert_allclose(_middle(after, second), _middle(before, first), atol=15)
    assert after.covered(second, 1) == after.covered(second, 2) == 1


def test_without_a_head_the_heart_does_not_draw_the_box(patient) -> None:
    given = HEAD | {"top": -120.0, "pet_top": -120.0, "heart_suv": 15.0}
    small = (1, (-10.0, -20.0, -155.0), 7.0, 7.0)
    one = patient(8, tumours=(small, NODE), arms="down", **(given | {"scale": 0.9}))
    box = one.region(BodyTopSlab(), PetGuided((160.0, 160.0, 160.0)))
    assert one.covered(box, 1) == one.covered(box, 2) == 1


def test_a_tumour_that_touches_the_brain_is_not_taken_for_it(patient) -> None:
    base = (1, (0.0, -20.0, -150.0), 22.0, 9.0)
    one = patient(6, tumours=(base,), arms="down", brain_suv=10.0, heart_suv=2.0, bladder_suv=20.0, **HEAD)
    assert one.covered(one.region(BodyTopSlab(), PetGuided((160.0, 160.0, 160.0))), 1) == 1


def test_where_nothing_takes_up_the_box_is_where_disease_is_expected(patient) -> None:
    cold = {"brain_suv": 1.0, "heart_suv": 1.0, "bladder_suv": 1.0}
    one = patient(6, tumours=((1, (0.0, 0.0, -180.0), 10.0, 1.0),), arms="down", **cold, **HEAD)
    box = one.region(BodyTopSlab(), PetGuided((160.0, 160.0, 160.0), floor=4.0))
    np.testing.assert_allclose(_middle(one, box)[:2], 0, atol=25)
    assert _middle(one, box)[2] == pytest.approx(-200, abs=25)  # 65 mm below the skull's base


def test_a_prior_box_lies_below_the_vertex_in_the_middle_of_the_neck(patient) -> None:
    one = patient(6, arms="up", **(HEAD | {"aside": (30.0, -20.0)}))
    box = one.region(PriorBox((160.0, 160.0, 160.0), below_top_mm=190.0))
    np.testing.assert_allclose(_middle(one, box), (30, -20, -190), atol=22)


def test_most_uptake_follows_the_largest_and_knows_no_organ(patient) -> None:
    tumour = (1, (-90.0, 20.0, -700.0), 60.0, 12.0)
    cold = {"brain_suv": 2.0, "heart_suv": 2.0, "bladder_suv": 2.0}
    one = patient(6, tumours=(tumour,), arms="down", **cold, **HEAD)
    box = one.region(MostUptake((200.0, 200.0, 200.0)))
    np.testing.assert_allclose(_middle(one, box), tumour[1], atol=22)
    hot = patient(6, tumours=(tumour,), arms="down", **(cold | {"brain_suv": 20.0}), **HEAD)
    assert _middle(hot, hot.region(MostUptake((200.0, 200.0, 200.0))))[2] > -200


def test_random_bodies_are_covered_as_the_documentation_says(patient) -> None:
    rules = {"slab": (BodyTopSlab(),), "guided": (BodyTopSlab(), PetGuided((224.0, 224.0, 224.0)))}
    covered: dict[str, list[float]] = {name: [] for name in rules}
    for seed in range(1000, 1004):
        one = patient(seed)
        for name, steps in rules.items():
            box = one.region(*steps)
            covered[name] += [one.covered(box, label) for label in np.unique(one.mask.array)[1:]]
    assert min(covered["slab"]) == 1
    assert np.mean(covered["guided"]) > 0.95
