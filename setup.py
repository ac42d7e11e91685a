"""Installs enas_tf and its console commands."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "enas_tf" / "__init__.py").read_text()).group(1)

# What `enas-export` needs for LiteRT and ONNX. None of it changes TensorFlow's or numpy's version.
EXPORT = ["tf2onnx>=1.17,<2", "onnx>=1.17,<2", "onnxruntime>=1.20,<2", "ai-edge-litert>=2.1,<3"]

setup(
    name="enas_tf",
    version=VERSION,
    description="Efficient Neural Architecture Search via Parameter Sharing, in TensorFlow 2 and Keras 3",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=["enas_tf", "enas_tf.*"]),
    package_data={"enas_tf.assess.report": ["templates/*.jinja"]},
    install_requires=[
        "tensorflow>=2.21,<2.22",
        "keras>=3.12,<4",
        "tensorflow-datasets>=4.9.10,<5",
        "importlib_resources>=6,<8",  # used by tensorflow-datasets 4.9.10, which does not declare it
        "tensorboard>=2.20,<3",  # tf.summary writes through it; tensorflow 2.21 no longer brings it
        "numpy>=1.26,<3",
        "scipy>=1.15,<2",
        "absl-py>=2,<3",
        "filelock>=3.20,<5",
        "scikit-learn>=1.5,<2",
        "matplotlib>=3.9,<4",
        "rich>=13,<16",
        "pillow>=11,<14",
        "jinja2>=3.1,<4",
        "optuna>=5,<6",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.21,<2.22"],
        "export": EXPORT,
        "dev": ["pytest>=8,<10", "pytest-xdist>=3.6,<4", "ruff>=0.9,<1", "mypy>=2.4,<3", "pre-commit>=4,<5", *EXPORT],
    },
    entry_points={
        "console_scripts": [
            "enas-search=enas_tf.cli.search:run",
            "enas-train=enas_tf.cli.train:run",
            "enas-predict=enas_tf.cli.predict:run",
            "enas-export=enas_tf.cli.export:run",
            "enas-describe=enas_tf.cli.describe:run",
            "enas-assess=enas_tf.cli.assess:run",
            "enas-benchmark=enas_tf.cli.benchmark:run",
            "enas-compare=enas_tf.cli.compare:run",
        ]
    },
)
