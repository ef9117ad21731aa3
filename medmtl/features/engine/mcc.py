"""The maximal correlation coefficient of a co-occurrence matrix, where it can be by a symmetric eigenvalue problem.

PyRadiomics takes the second largest eigenvalue of Q = (P / (p p' + eps)) P'. Without its eps, for a symmetric P, Q has
the eigenvalues of S S with S = P / sqrt(p p'), which takes a tenth of the time. What the eps does is bounded: with
A = P eps / (p p')^1.5 no eigenvalue moves by more than the Frobenius norm of A (Bauer FL and Fike CT, 1960). Where that
bound is above `TOLERANCE` of the eigenvalue, the eps may decide the value, and Q itself is solved.
"""

import numpy as np
from numpy.typing import NDArray

from medmtl.features.engine.emphasis import EPSILON

Floats = NDArray[np.float64]
TOLERANCE = 2e-7  # of the eigenvalue, whose root is the coefficient: 1e-7 of that


def maximal_correlation(joint: Floats) -> float:
    """Return the coefficient of one normalised matrix [n, n]; 1 for a single grey level."""
    if len(joint) < 2:
        return 1.0
    if np.array_equal(joint, joint.T):
        value, bound = symmetric_eigenvalue(joint)
        if bound <= TOLERANCE * value:
            return float(np.sqrt(value))
    return stated_definition(joint)


def symmetric_eigenvalue(joint: Floats) -> tuple[float, float]:
    """Return the second largest eigenvalue of S S, and how far PyRadiomics' eps can move it at most."""
    occurring = joint.sum(axis=1) > 0
    square = joint[np.ix_(occurring, occurring)]
    marginal = square.sum(axis=1)
    if len(square) < 2:
        return 0.0, np.inf
    root = np.sqrt(np.outer(marginal, marginal))
    scaled = square / root
    squares = np.sort(np.linalg.eigvalsh(scaled) ** 2)
    return float(squares[-2]), float(np.linalg.norm(scaled * EPSILON / root**2))


def stated_definition(joint: Floats) -> float:
    """Return the coefficient by PyRadiomics' own formula, its eps included."""
    expected = joint.sum(axis=1)[:, None] * joint.sum(axis=0)[None, :] + EPSILON
    eigenvalues = np.sort(np.linalg.eigvals((joint / expected) @ joint.T))
    return float(np.real(np.sqrt(eigenvalues[-2] + (0j if np.iscomplexobj(eigenvalues) else 0.0))))
