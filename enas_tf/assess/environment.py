"""What a result depends on beside its flags: versions and hardware."""

import datetime
import importlib.metadata
import os
import pathlib
import platform
import sys

import enas_tf

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "matplotlib", "tensorflow-datasets")


def describe_environment(device: str) -> dict[str, object]:
    """Describes this machine and what is installed on it.

    Args:
      device: What runs compute on, as a process with TensorFlow names it.
    """
    return {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "device": device,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.platform(),
        "versions": {
            "enas_tf": enas_tf.__version__,
            "python": sys.version.split()[0],
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
    }


def _processor() -> str:
    """The processor's name; Linux alone tells it, others at least the architecture."""
    information = pathlib.Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
