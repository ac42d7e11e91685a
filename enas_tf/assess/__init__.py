"""Experiments over strategies, poisons and seeds, in four rooms: `plan`, `run`, `statistics`, `report`.

A room knows those before it; the report knows nothing of `run`. `synthetic` is an assessment without experiments.

Knows no flags. Runs are processes of their own, so nothing here imports TensorFlow but what such a process calls.
"""
