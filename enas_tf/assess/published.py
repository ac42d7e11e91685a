"""Published test errors on CIFAR-10 that an assessment may be looked at beside."""

_ENAS = "Pham et al., 2018"
_YANG = "Yang et al., 2020 (8 runs)"

# Method, test error in percent, source.
PUBLISHED_ON_CIFAR10 = (
    ("ENAS, macro space", "4.23", _ENAS),
    ("ENAS, macro space, more channels", "3.87", _ENAS),
    ("random architecture, macro space", "5.86", _ENAS),
    ("ENAS, micro space", "3.54", _ENAS),
    ("ENAS, micro space, CutOut", "2.89", _ENAS),
    ("random cells, micro space", "6.77", _ENAS),
    ("ENAS, micro space", "4.15 ± 0.32", _YANG),
    ("random cells, micro space", "4.16 ± 0.31", _YANG),
)
