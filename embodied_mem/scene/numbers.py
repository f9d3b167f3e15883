"""Numbers for names that must differ although several finders give them."""


class Numbers:
    """Counts up; shared by the finders of all floors, so that no two of their names are alike."""

    def __init__(self, first: int = 0) -> None:
        self.next = first
        """The number that is given next."""

    def take(self) -> int:
        """Returns a number that was never given before."""
        self.next += 1
        return self.next - 1
