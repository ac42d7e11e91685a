#!/usr/bin/env bash
# Micro search on CIFAR-10 in the published setting. Further flags are passed on and override the flagfile's:
# bash scripts/cifar10_micro_search.sh --num_epochs=2
exec bash "$(dirname "${BASH_SOURCE[0]}")/run_flagfile.sh" enas-search cifar10_micro_search "$@"
