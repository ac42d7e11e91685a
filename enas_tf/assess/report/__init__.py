"""The report of an experiment: sentences, tables, plots, and files for other programs."""
