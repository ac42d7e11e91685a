import pytest

from tests.serving.made_network import make_network


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A whole network of two classes, in a file."""
    path = tmp_path_factory.mktemp("model") / "my.keras"
    make_network().save(path)
    return path
