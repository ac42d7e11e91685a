"""Carrying out an experiment: its processes, what each of them does, what is said of it meanwhile."""
