"""Settings of the book: `bash docs/build`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")  # no date of today in the pages: the same tree gives the same book

project = "Wide & Deep from scratch"
author = "the authors"
language = "en"
extensions = ["myst_nb", "mathml", "reference", "glossary_links"]
exclude_patterns = ["**/.ipynb_checkpoints"]

smartquotes = False  # f'(z) and "a" stay as they are written
nb_execution_mode = "off"  # the outputs that are committed; tests/test_notebooks.py runs them
nb_ipywidgets_js = {}  # no widgets, and no require.js from elsewhere
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "deflist"]
myst_dmath_allow_space = True
myst_dmath_double_inline = True
myst_heading_anchors = 4
myst_url_schemes = {"http": None, "https": None, "mailto": None, "source": None}

glossary_not_on = ("CHANGELOG",)
glossary_passes_over = (  # where a word of the glossary means something else
    r"(?:step|lines that|lines which) cross(?:es)?",
    r"(?:process|cause|user).s\s+ids?|under\s+two\s+ids|Causes keep their ids|Ids, without variants",
    r"(?:[Ss]ample|[Ss]urvey|[Cc]lass|[Ee]qual|item-to-item)\s+weights?|(?:of|with)\s+weight\b|row\s+of\s+weights|as\s+weights",
)
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = True
toc_object_entries_show_parents = "hide"

html_theme = "furo"
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"
html_title = "Wide & Deep from scratch, in NumPy"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_favicon = "_static/book.svg"
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_copy_source = False
html_show_sourcelink = False
html_use_index = html_domain_indices = False  # search, and the reference is the index of the modules, in reading order
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
