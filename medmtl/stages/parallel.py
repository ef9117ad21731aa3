"""Spreads per-case work over processes, threads, or the workers of a Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from joblib import parallel_config

from medmtl.errors import MedmtlError
from medmtl.experiment import ParallelSettings

_DASK = "distributed"


@contextmanager
def spread(settings: ParallelSettings) -> Iterator[None]:
    """Let joblib's work within go to this backend; with Dask, to every worker, however many jobs are asked for.

    Workers of a cluster must have the same medmtl, and see images and folders under the same paths. Raises MedmtlError
    where Dask is not installed, its scheduler cannot be reached, or its workers die.
    """
    if settings.backend != "dask":
        if settings.address:
            raise MedmtlError(f"parallel.address is Dask's. Found it with the backend {settings.backend}.")
        with parallel_config(backend=settings.backend):
            yield
        return
    with _cluster(settings) as made:
        try:
            yield
        except Exception as error:
            if type(error).__module__.partition(".")[0] == _DASK:
                raise _lost(settings, error) from error
            raise
        finally:
            made["backend"].client.close()


def _cluster(settings: ParallelSettings) -> parallel_config:
    if find_spec(_DASK) is None:
        raise MedmtlError(
            "the parallel backend `dask` needs Dask. It is not installed; run `pip install 'medmtl[dask]'`, or choose "
            "the backend `loky`."
        )
    if not settings.address:
        raise MedmtlError("the parallel backend `dask` needs `address`, as tcp://host:8786. Found none.")
    try:
        return parallel_config(backend="dask", scheduler_host=settings.address)
    except (OSError, ValueError) as error:  # no answer, or no address
        raise _lost(settings, error) from error


def _lost(settings: ParallelSettings, error: Exception) -> MedmtlError:
    return MedmtlError(
        f"the Dask cluster at {settings.address} must be reachable, and its workers must live. Found "
        f"{type(error).__name__}: {error}. The same command goes on from what was measured."
    )
