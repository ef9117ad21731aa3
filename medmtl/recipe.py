"""What training needs of an experiment."""

from medmtl.experiment import Experiment
from medmtl.training.fit import Recipe


def recipe_of(experiment: Experiment) -> Recipe:
    """Return the recipe that the experiment describes."""
    return Recipe(
        network=experiment.network,
        balancer=experiment.balancer,
        data=experiment.data,
        training=experiment.training,
        classes=1 + len(experiment.prepare.labels),
        endpoint=experiment.endpoint,
        seed=experiment.seed,
    )
