"""The generated app store: will this person install the app they are shown?   The columns of the paper.

Read before: recipe.py        Read next: demo.py
"""
from widedeep.columns import Bag, Category
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.numbers import Standard
from widedeep.recipes.parts import Columns, DeepTower, Training, WideTower
from widedeep.recipes.recipe import Recipe


def appstore_columns() -> Encoder:
    """The paper's wide part, installed apps x impressed app; the deep part sees both, and the age."""
    installed, app = Bag("installed"), Category("title")
    return Encoder(wide=[app, Cross(installed, app)], deep=[app, installed, Category("category")],
                   numbers=[Standard("age")])


QUICK = Recipe(Columns(appstore_columns), wide=WideTower(alpha=0.1, l1=3.0), deep=DeepTower(hidden=(32, 16)),
               training=Training(lr=0.1, batch_size=64, epochs=15))
