"""The notebook, executed from clean in a kernel of its own."""

from __future__ import annotations

import os
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


def test_is_stored_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")


def test_every_cell_has_run_without_noise(executed):
    notebook, _ = executed
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count
            assert not [output for output in cell.outputs if output.output_type in ("error", "stream")], cell.source


def test_what_it_shows(executed):
    notebook, folder = executed
    assert (folder / "output/first-look/_SUCCESS").exists()
    run = output_of(notebook, "gm.run(")
    assert "Passed" in run["text/html"] and "&lt;svg" in run["text/html"]
    assert "report" in output_of(notebook, "gm.validate(")["text/html"]
    assert "invalid_json" in output_of(notebook, "groupby")["text/html"]
    assert "37" in output_of(notebook, "describe")["text/html"]
    assert "swipe_model" in output_of(notebook, "result.models")["text/html"]
    assert "keystrokes" in output_of(notebook, "gm.open(")["text/html"]
    assert output_of(notebook, "counted")["text/plain"] == "[np.int64(37), 37]"
    for word in ("plot.hist", "value_counts", "by_day.plot"):
        assert len(output_of(notebook, word)["image/png"]) > 1000, word
