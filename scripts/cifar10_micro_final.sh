#!/usr/bin/env bash
# Final training of the published micro cells on CIFAR-10. Further flags are passed on and override the flagfile's:
# bash scripts/cifar10_micro_final.sh --num_epochs=2
exec bash "$(dirname "${BASH_SOURCE[0]}")/run_flagfile.sh" enas-train cifar10_micro_final "$@"
