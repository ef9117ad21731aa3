"""How many processes work."""

from joblib import cpu_count


def workers(jobs: int, work: int) -> int:
    """Return how many processes to start for so much work; jobs -1 is one per core."""
    return max(1, min(cpu_count() if jobs < 0 else max(jobs, 1), work))
