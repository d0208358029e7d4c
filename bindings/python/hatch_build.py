"""
Compiles the schema when the package is built.

What is made is a set of descriptors and no Python code. Code that protoc writes is tied to the
releases of the protobuf runtime that its own release allows; a descriptor set is read by all of
them, so that the wheel goes with whatever protobuf an environment already has.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ["control", "event", "gradient", "settings", "types", "update"]


def schemas(root: Path) -> Path:
    """The folder that holds gradmq/v1: beside the project in its tree, inside of an sdist."""
    for folder in (root / "schemas", root.parents[1] / "schemas"):
        if (folder / "gradmq" / "v1" / "types.proto").is_file():
            return folder
    raise FileNotFoundError("gradmq/v1/*.proto: neither in schemas/ nor in ../../schemas/")


def compile_schema(folder: Path, output: Path) -> None:
    """Write the descriptors of all of gradmq/v1, by grpcio-tools, else by a protoc on the PATH."""
    arguments = [f"-I{folder}", "--include_imports", f"--descriptor_set_out={output}"]
    arguments += [f"gradmq/v1/{name}.proto" for name in FILES]
    try:
        from grpc_tools import protoc
    except ImportError:
        compiler = shutil.which("protoc")
        if compiler is None:
            raise RuntimeError("neither grpcio-tools nor protoc is here") from None
        subprocess.run([compiler, *arguments], check=True)  # noqa: S603
        return
    if protoc.main(["protoc", *arguments]) != 0:
        raise RuntimeError("the schema cannot be compiled")


class SchemaHook(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
    """Makes gradmq/_wire/schema.binpb, also for an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before files are collected."""
        root = Path(self.root)
        compile_schema(schemas(root), root / "src" / "gradmq" / "_wire" / "schema.binpb")
