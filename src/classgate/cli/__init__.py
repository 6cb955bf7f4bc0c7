"""ENTRANCE: the command line. Results go to stdout, diagnostics to stderr; one file per command."""
