"""Builds the balancer of a network's tasks."""

from collections.abc import Mapping

from medmtl.balancing.base import Balancer
from medmtl.members import Member, build
from medmtl.tasks.base import Task


def build_balancer(member: Member, tasks: Mapping[str, Task]) -> Balancer:
    """Return the balancer of the tasks; an adversarial task has a loss of its own beside it."""
    names = tuple(name for name, task in tasks.items() if not task.adversarial)
    return build(member, Balancer, names)  # type: ignore[type-abstract]  # the base is only checked against
