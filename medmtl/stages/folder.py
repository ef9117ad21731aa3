"""Where everything of a run lies: the only place that knows its paths."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run; see docs/run_folder.md."""

    root: Path

    @property
    def experiment(self) -> Path:
        """The whole resolved experiment."""
        return self.root / "experiment.yaml"

    @property
    def record(self) -> Path:
        """Versions, hashes, hardware and seconds."""
        return self.root / "run.json"

    @property
    def folds(self) -> Path:
        """The division of the cohort."""
        return self.root / "folds.json"

    @property
    def prepared(self) -> Path:
        """The prepared cases."""
        return self.root / "prepared"

    @property
    def prepared_index(self) -> Path:
        """Which file holds which case."""
        return self.prepared / "index.csv"

    @property
    def coverage(self) -> Path:
        """How much of each reference mask lies in the region."""
        return self.prepared / "coverage.csv"

    def fold(self, index: int) -> Path:
        """Everything of one fold's training."""
        return self.root / f"fold_{index}"

    def model(self, index: int) -> Path:
        """One fold's trained model."""
        return self.fold(index) / "model.ckpt"

    @property
    def predictions(self) -> Path:
        """The out-of-fold predictions, one row per case."""
        return self.root / "predictions" / "cases.csv"

    def mask(self, case_id: str) -> Path:
        """The predicted mask of a case."""
        return self.root / "predictions" / "masks" / f"{case_id}.nii.gz"

    def further_masks(self, case_id: str) -> Path:
        """The folder of a case's further masks, for the stability of its features."""
        return self.root / "predictions" / "further" / case_id

    @property
    def feature_memory(self) -> Path:
        """Features of single cases, so that extraction resumes."""
        return self.root / "cache" / "features"

    @property
    def features(self) -> Path:
        """The table of features."""
        return self.root / "features.parquet"

    @property
    def feature_provenance(self) -> Path:
        """Who measured the features, and by which settings."""
        return self.root / "features.json"

    @property
    def stability(self) -> Path:
        """The folder of what measuring again, slightly changed, says of the features."""
        return self.root / "stability"

    @property
    def centres(self) -> Path:
        """How well the centre can be told from the features."""
        return self.root / "centres.csv"

    @property
    def risk_model(self) -> Path:
        """The fitted Cox models."""
        return self.root / "risk" / "model.json"

    def fold_risk_model(self, index: int) -> Path:
        """The risk models that were fitted without one fold's cases."""
        return self.root / "risk" / f"without_fold_{index}.json"

    @property
    def risks(self) -> Path:
        """Out-of-fold risks by model."""
        return self.root / "risk" / "risks.csv"

    @property
    def coefficients(self) -> Path:
        """Coefficients by model and fold."""
        return self.root / "risk" / "coefficients.csv"

    @property
    def results(self) -> Path:
        """The scores."""
        return self.root / "results.json"

    @property
    def report(self) -> Path:
        """The page."""
        return self.root / "report.html"

    @property
    def failures(self) -> Path:
        """Cases that could not be worked on, and why."""
        return self.root / "failures.csv"

    def stamp(self, stage: str) -> Path:
        """What says that a stage is done."""
        return self.root / "stamps" / f"{stage}.json"
