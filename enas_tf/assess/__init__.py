"""Experiments over strategies, poisons and seeds, in four rooms: `plan`, `run`, `statistics`, `report`.

All know `plan`, and `report` knows `statistics`. `synthetic` is an assessment that needs no experiment.

Knows no flags. Runs are processes of their own, so nothing here imports TensorFlow but what such a process calls.
"""
