"""The errors that a user can mend, each a sentence that says what must hold and what was found."""


class MedmtlError(Exception):
    """Something given by the user is wrong; the command line prints it and exits with 2."""


class CaseError(MedmtlError):
    """One case is wrong; work over a cohort reports it and goes on with the others."""

    def __init__(self, case_id: str, reason: str) -> None:
        super().__init__(f"Case {case_id}: {reason}")
        self.case_id = case_id
        self.reason = reason

    def __reduce__(self) -> tuple[type["CaseError"], tuple[str, str]]:  # so that it crosses process borders
        return type(self), (self.case_id, self.reason)
