"""How the documentation is built: ``make docs``. Nothing is fetched, neither to build the pages nor to read them."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_extensions")]

import workbench  # noqa: E402

project = "Scenario Workbench"
copyright = "the authors, MIT licence"
version = release = workbench.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "docstrings", "mathml", "pages"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "_extensions", "_generated/extra"]

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 100
python_display_short_literal_types = True
add_module_names = False

html_theme = "furo"
html_title = f"Scenario Workbench {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = [
    place for place in ["_generated/extra"] if (HERE / place).is_dir()
]  # reports of the gallery, once run
html_copy_source = False
html_show_sphinx = False
templates_path = ["_templates"]
suppress_warnings = ["ref.python"]  # names that two modules offer: the nearer one is meant
