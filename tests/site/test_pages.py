"""Markdown of GitHub and a notebook as the site's generator takes them, and the list of versions."""

from __future__ import annotations

import json

import pytest
from markdown_dialect import as_generator_reads, slugify
from notebook_page import notebook_page
from versions import list_versions


@pytest.mark.parametrize("given, read", [
    ("text\n- a\n- b", "text\n\n- a\n- b"),
    ("- a\n  more\n  - b\n- c", "- a\n    more\n    - b\n- c"),
    ("1. a\n\n   ```sh\n   x\n     y\n   ```\n\n   more\n2. b", "1. a\n\n    ```sh\n    x\n      y\n    ```\n\n    more\n\n2. b"),
    ("- a\nlazy\n\nafter", "- a\n    lazy\n\nafter"),
    ("it was in\n1970. Then", "it was in\n1970. Then"),
    ("```jsonl labels --carry x\n- a\n```", '```json title="labels --carry x"\n- a\n```'),
    (r"| `a\|b` | c \| d |", r"| `a|b` | c \| d |"),
])
def test_markdown(given, read):
    assert as_generator_reads(given) == read


def test_anchors_are_githubs():
    assert slugify("`inputs_id`: what's in it - and what not", "-") == "inputs_id-whats-in-it---and-what-not"


def test_a_notebook():
    def code(source: str, *outputs: dict) -> dict:
        return {"cell_type": "code", "source": [source], "outputs": list(outputs)}

    table = '<style scoped>\n x {}\n</style>\n<table border="1" class="dataframe"><tr style="text-align: right;"><td>1</td></tr></table>'
    cells = [{"cell_type": "markdown", "source": ["# Title\n", "text"]},
             code("silent()"),
             code("shown()", {"output_type": "execute_result", "data": {"text/html": [table], "text/plain": "1"}}),
             code("printed()", {"output_type": "stream", "name": "stdout", "text": ["a < b\n"]},
                  {"output_type": "stream", "name": "stderr", "text": "a warning"}),
             code("drawn()", {"output_type": "display_data", "data": {"image/png": "QUJD\n", "text/plain": "Figure"}})]
    text, outputs = notebook_page(json.dumps({"cells": cells}))
    assert text.startswith("# Title\ntext\n\n```python\nsilent()\n```\n\n```python\nshown()\n```\n\noutput-0-of-the-notebook\n")
    table, printed, drawn = outputs.values()
    assert table == '<div class="cell-output">\n<table><tr><td>1</td></tr></table></div>'
    assert printed == '<div class="cell-output"><pre>a &lt; b\n</pre></div>'
    assert 'src="data:image/png;base64,QUJD"' in drawn


def test_versions_are_listed_newest_first(tmp_path):
    for name in ("0.2.0", "0.10.1", "0.9", "assets", ".building-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").touch()
    (tmp_path / "1.0").mkdir()  # is not built
    assert list_versions(tmp_path) == ["0.10.1", "0.9", "0.2.0"]
    listed = json.loads((tmp_path / "versions.json").read_text())
    assert listed[0] == {"version": "0.10.1", "title": "0.10.1", "aliases": ["latest"]} and listed[1]["aliases"] == []
    assert 'url=0.10.1/"' in (tmp_path / "index.html").read_text()
