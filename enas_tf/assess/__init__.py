"""Experiments over strategies, poisons and seeds: planning, running, statistics and the report.

Knows no flags. Runs are processes of their own, so nothing here imports TensorFlow but what such a process calls.
"""
