"""A notebook as a page: its text, its code, and the outputs that are kept in it.

It is not executed here. nbconvert and mkdocs-jupyter bring the looks of Jupyter with them, scripts from elsewhere among
them; this page looks as all others do, and loads nothing.

Tested in tests/site/test_pages.py.
"""

from __future__ import annotations

import html
import json
import re


def joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def shown(output: dict) -> str:
    """An output as HTML, in the richest of its forms; what it says on stderr is left out."""
    if output["output_type"] == "stream":
        return f"<pre>{html.escape(joined(output['text']))}</pre>" if output["name"] == "stdout" else ""
    data = output.get("data", {})
    if "image/png" in data:
        picture = joined(data["image/png"]).replace("\n", "")
        return f'<img src="data:image/png;base64,{picture}" alt="The picture that the code above draws">'
    if "text/html" in data:
        text = re.sub(r"<style.*?</style>", "", joined(data["text/html"]), flags=re.DOTALL)
        text = text.replace('" sandbox ', '" sandbox="allow-scripts" ')  # the report: its page has a search
        return text.replace('<table border="1" class="dataframe">', "<table>").replace(' style="text-align: right;"', "")
    return f"<pre>{html.escape(joined(data.get('text/plain', '')))}</pre>"


def notebook_page(text: str) -> tuple[str, dict[str, str]]:
    """Its Markdown, and the HTML of its outputs, by the mark that stands for it in the Markdown."""
    pieces: list[str] = []
    outputs: dict[str, str] = {}
    for cell in json.loads(text)["cells"]:
        source = joined(cell["source"])
        if cell["cell_type"] == "markdown":
            pieces.append(source)
        elif cell["cell_type"] == "code":
            pieces.append(f"```python\n{source}\n```")
            if rendered := "".join(shown(each) for each in cell["outputs"]):
                mark = f"output-{len(outputs)}-of-the-notebook"
                outputs[f"<p>{mark}</p>"] = f'<div class="cell-output">{rendered}</div>'
                pieces.append(mark)
    return "\n\n".join(pieces) + "\n", outputs
