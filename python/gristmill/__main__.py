"""`python -m gristmill`: the command."""

from ._command import main

main()
