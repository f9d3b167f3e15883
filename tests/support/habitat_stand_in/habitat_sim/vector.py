"""A vector as Magnum's Python bindings have it: indexable, but no numpy array."""


class Vector3:
    def __init__(self, x, y, z):
        self._values = (float(x), float(y), float(z))

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self._values[index]
