"""Explore: a picture with sliders, in a live notebook that has ipywidgets; the page shows a static one beside it."""
from collections.abc import Callable
from typing import Any


def explore(draw: Callable[..., Any], **sliders: tuple[float, float, float]) -> None:
    """A slider for each argument of draw, which draws anew whenever one is moved.

    sliders : argument=(lowest, highest, where it starts); 50 stops between the two

    Without ipywidgets (it comes with Jupyter, `pip install 'widedeep[notebooks]'`) one line says what could be moved.
    """
    try:
        import ipywidgets
    except ImportError:
        print(f"(A live notebook with ipywidgets has a slider here for {' and '.join(sliders)}.)")
        return
    import matplotlib.pyplot as plt

    def drawn(**values: float) -> None:
        draw(**values)
        plt.show()
    ipywidgets.interact(drawn, **{
        name: ipywidgets.FloatSlider(value=start, min=low, max=high, step=(high - low) / 50, continuous_update=False)
        for name, (low, high, start) in sliders.items()})
