#!/usr/bin/env python3
"""Write the sample files beside this script with the reference implementation.

Needs the packages numpy, ml_dtypes and safetensors (these files: 0.8.0). The tests read the files and do
not need this script.
"""

from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

HERE = Path(__file__).parent


def main():
    save_file(
        {
            "layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
            "layer.bias": np.array([0.5, -0.25], np.float32),
            "scale": np.array(2.0, np.float32),
        },
        HERE / "f32.safetensors",
        metadata={"format": "pt", "note": 'a "quoted" é'},
    )
    save_file(
        {"w": np.arange(4, dtype=np.float64) / 3, "s": np.array(1e300)}, HERE / "f64.safetensors"
    )
    save_file(
        {
            "half": np.array([1, -2, 0.5, 65504], np.float16),
            "brain": np.array([1, -2, 3.140625], ml_dtypes.bfloat16),
            "full": np.array([[1.5]], np.float32),
        },
        HERE / "mixed.safetensors",
        metadata={},
    )


if __name__ == "__main__":
    main()
