"""The one exception that is meant for people."""


class LeptonError(Exception):
    """Something a person can understand and mend.

    Anything else that is raised is a fault of the program and goes to the log with its traceback.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        """Says what happened, naming the file or the field, and what to do about it."""
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}".strip()

    def __reduce__(self) -> tuple[type["LeptonError"], tuple[str, str]]:
        return type(self), (self.what, self.remedy)
