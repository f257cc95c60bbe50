"""Small data sets for one neuron: AND, OR and XOR (which no single neuron can learn), and two clouds of points."""
import numpy as np

from perceptron.activations import Array

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])            # (4, 2)  every pair of bits
AND = np.array([[0.0], [0.0], [0.0], [1.0]])                                    # (4, 1)
OR = np.array([[0.0], [1.0], [1.0], [1.0]])
XOR = np.array([[0.0], [1.0], [1.0], [0.0]])


def two_clouds(n: int, gap: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """n points in each of two round clouds, `gap` standard deviations apart along the diagonal.

    Returns X (2n, 2), y (2n, 1).  They can be told apart by one line if the gap is wide; some cannot if it is not.
    """
    y = np.repeat([[0.0], [1.0]], n, axis=0)                                    # (2n, 1)
    return rng.normal(size=(2 * n, 2)) + (y - 0.5) * gap / np.sqrt(2), y
