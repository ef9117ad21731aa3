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


def maximal_correlations(joints: Floats) -> Floats:
    """Return the coefficient of every normalised matrix [k, n, n]; 1 for a single grey level."""
    if joints.shape[1] < 2:
        return np.ones(len(joints))
    values, bounds = symmetric_eigenvalues(joints)
    symmetric = (joints == joints.transpose(0, 2, 1)).all(axis=(1, 2)) & (bounds <= TOLERANCE * values)
    pairs = zip(joints, values.tolist(), symmetric.tolist(), strict=True)
    return np.array([np.sqrt(value) if enough else stated_definition(joint) for joint, value, enough in pairs])


def symmetric_eigenvalues(joints: Floats) -> tuple[Floats, Floats]:
    """Return the second largest eigenvalue of each S S, and how far PyRadiomics' eps can move it at most.

    A level that never occurs in a matrix adds an eigenvalue 0 to both problems.
    """
    marginals = joints.sum(axis=2)
    roots = np.sqrt(marginals[:, :, None] * marginals[:, None, :])
    roots[roots == 0.0] = 1.0  # the row above it is 0
    scaled = joints / roots
    squares = np.sort(np.linalg.eigvalsh(scaled) ** 2, axis=1)
    return squares[:, -2], np.linalg.norm(scaled * EPSILON / roots**2, axis=(1, 2))


def stated_definition(joint: Floats) -> float:
    """Return the coefficient by PyRadiomics' own formula, its eps included."""
    expected = joint.sum(axis=1)[:, None] * joint.sum(axis=0)[None, :] + EPSILON
    eigenvalues = np.sort(np.linalg.eigvals((joint / expected) @ joint.T))
    return float(np.real(np.sqrt(eigenvalues[-2] + (0j if np.iscomplexobj(eigenvalues) else 0.0))))
