"""Names of models and features as a reader meets them."""

import pytest

from medmtl.report.wording import feature_name


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("log_suv_max", "log SUVmax"),
        ("log_suv_max_missing", "log SUVmax (missing)"),
        ("performance_status", "performance status"),
        ("stage_missing_data", "stage missing data"),
    ],
)
def test_a_feature_is_named_in_words(feature: str, words: str) -> None:
    assert feature_name(feature) == words
