import pytest
from pydantic import ValidationError

from medmtl.imaging.settings import PrepareSettings


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"ct_window_hu": (300, -200)}, "from its lower to its upper end"),
        ({"ct_window_hu": (40, 40)}, "from its lower to its upper end"),
        ({"labels": {}}, "there must be a region"),
        ({"labels": {"GTVp": 1, "GTVn": 1}}, "no two may share a label value"),
    ],
)
def test_settings_that_would_give_wrong_voxels_are_refused(option: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        PrepareSettings.model_validate(option)
