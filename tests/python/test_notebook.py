"""The notebook, executed from clean in a kernel of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from built_package import PACKAGE, REPOSITORY
import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = REPOSITORY / "notebooks/first_look.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "examples").symlink_to(REPOSITORY / "examples")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("counted = [by_day.sessions.sum(), len(sessions)]\ncounted"))
    # The kernel of this Python, whatever kernels the machine knows.
    kernels = folder / "share/jupyter/kernels/python3"
    kernels.mkdir(parents=True)
    words = f'["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (kernels / "kernel.json").write_text(f'{{"argv": {words}, "display_name": "Python 3", "language": "python"}}')
    before = dict(os.environ)
    os.environ.update(JUPYTER_PATH=str(folder / "share/jupyter"), PYTHONPATH=str(PACKAGE), MPLCONFIGDIR=str(folder), IPYTHONDIR=str(folder))
    # Matplotlib's cache of fonts is made beforehand: on a busy machine it would say in a cell that this takes a moment.
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True, stderr=subprocess.DEVNULL)
    try:
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    finally:
        os.environ.clear()
        os.environ.update(before)
    return notebook, folder


def output_of(notebook, word: str):
    """What the cell that holds `word` shows."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code" and word in cell.source)
    return {kind: data for output in cell.outputs for kind, data in output.get("data", {}).items()}


def without_what_differs(output: dict) -> dict:
    """Pictures are drawn anew by every version of Matplotlib, and a table's cell of memory addresses is none."""
    data = {kind: text for kind, text in output.get("data", {}).items() if not kind.startswith("image/")}
    return {"output_type": output["output_type"], "data": data, "has_picture": "image/png" in output.get("data", {})}


def test_its_outputs_are_those_of_today(executed):
    """WRITE_NOTEBOOK=1 stores today's."""
    notebook, _ = executed
    stored = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(stored)
    if os.environ.get("WRITE_NOTEBOOK"):
        for cell, today in zip(stored.cells, notebook.cells, strict=False):
            cell.metadata.clear()
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = today.outputs, today.execution_count
        nbformat.write(stored, NOTEBOOK)
    for cell, today in zip(stored.cells, notebook.cells, strict=False):
        if cell.cell_type == "code":
            outputs = [[without_what_differs(output) for output in each.outputs] for each in (cell, today)]
            assert outputs[0] == outputs[1], cell.source


def test_every_cell_has_run_without_noise(executed):
    notebook, _ = executed
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count
            assert not [output for output in cell.outputs if output.output_type in ("error", "stream")], cell.source


def test_what_it_shows(executed):
    notebook, folder = executed
    assert (folder / "output/first-look/_SUCCESS").exists()
    pages = [cell for cell in notebook.cells if cell.cell_type == "code"
             for output in cell.outputs if "<iframe" in output.get("data", {}).get("text/html", "")]
    assert ["gm.run(" in cell.source for cell in pages] == [True]  # a result shows itself once
    page = output_of(notebook, "gm.run(")["text/html"]
    assert "Passed" in page and "&lt;svg" in page
    assert "invalid_json" in output_of(notebook, "short[[")["text/html"]
    assert "swipe_model" in output_of(notebook, "by_model[")["text/html"]
    assert output_of(notebook, "counted")["text/plain"] == "[np.int64(37), 37]"
    cells = re.findall(r"<td>([\d.]+)</td>", output_of(notebook, "by_hand")["text/html"])
    assert cells[1] == cells[-1]  # the run's mean, and the same sum by pandas
    for word in ("plot.hist", "by_day.plot"):
        assert len(output_of(notebook, word)["image/png"]) > 1000, word


def test_nothing_is_cut_and_nothing_stray_is_there(executed):
    notebook, _ = executed
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            plain = output.get("data", {}).get("text/plain", "")
            assert output.output_type in ("execute_result", "display_data"), cell.source
            assert "..." not in plain and not plain.startswith("Text("), cell.source
