"""Predicts every case of a run by the model that never saw it."""

from pathlib import Path

import pandas as pd

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment
from medmtl.imaging.prepared import load_prepared
from medmtl.inference.ensemble import Ensemble
from medmtl.records import Case
from medmtl.stages.folder import RunFolder
from medmtl.stages.further_masks import MaskWriter, further_masks, wanted_masks
from medmtl.stages.prepare import prepared_files
from medmtl.stages.progress import progress
from medmtl.stages.provenance import file_hash
from medmtl.stages.run import Run, read_folds
from medmtl.stages.stamps import outputs_of, perform
from medmtl.whole_file import whole_file


def predict_run(run: Run) -> str:
    """Write the out-of-fold masks and log hazards; return their hash."""
    folds = read_folds(run.folder)
    trained = [outputs_of(run.folder, f"train_{fold.index}") for fold in folds]
    missing = [fold.index for fold, hash_ in zip(folds, trained, strict=True) if hash_ is None]
    if missing:
        raise MedmtlError(
            f"{run.folder.root}: every fold must be trained first. Missing {missing}: run `medmtl train`."
        )
    stability = run.experiment.radiomics.stability
    further = [stability.model_dump_json()] if stability.asks_network() else []
    inputs = (*(hash_ or "" for hash_ in trained), run.experiment.inference.model_dump_json(), *further)
    return perform(run.folder, "predict", inputs, lambda: _predict(run))


def read_predictions(path: Path) -> pd.DataFrame:
    """Return a table of predictions, indexed by case id."""
    if not path.is_file():
        raise MedmtlError(f"{path}: there are no predictions yet. Run `medmtl predict`.")
    return pd.read_csv(path, dtype={"case_id": str}).set_index("case_id")


def load_ensemble(folder: RunFolder, experiment: Experiment, folds: tuple[int, ...]) -> Ensemble:
    """Load the models of these folds."""
    labels = tuple(experiment.prepare.labels.values())
    return Ensemble([folder.model(k) for k in folds], labels, experiment.inference, experiment.training)


def _predict(run: Run) -> list[Path]:
    files = prepared_files(run.folder)
    rows: dict[str, tuple[object, ...]] = {}
    with progress("predict", len(run.cohort.cases)) as advance:
        for fold in read_folds(run.folder):
            ensemble = load_ensemble(run.folder, run.experiment, (fold.index,))
            writer = MaskWriter(ensemble, wanted_masks(run.experiment.radiomics.stability), run.folder)
            checkpoint = file_hash(run.folder.model(fold.index))
            for case in run.cohort.select(fold.test).cases:
                rows[case.case_id] = (fold.index, checkpoint, *_one(writer, case, files[case.case_id]))
                advance(case.case_id)
    columns = ["fold", "checkpoint", "deep_log_hazard", "volume_ml"]
    table = pd.DataFrame([rows[case_id] for case_id in run.cohort.ids], columns=columns)
    table.insert(0, "case_id", run.cohort.ids)
    with whole_file(run.folder.predictions) as partial:
        table.to_csv(partial, index=False)
    further = [path for case_id in run.cohort.ids for _, path in further_masks(run.folder, case_id)]
    return [run.folder.predictions, *(run.folder.mask(case_id) for case_id in run.cohort.ids), *further]


def _one(writer: MaskWriter, case: Case, prepared: Path) -> tuple[float, float]:
    prediction = writer.write(case, load_prepared(prepared), unseen=True)
    return prediction.deep_log_hazard, prediction.volume_ml
