"""
The messages of gradmq.v1, from the descriptors that the build made.

They live in a descriptor pool of their own, so that a program which has generated code of the same
schema can use both.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# A message of the schema. Its fields are known at run time only; what a header may say is checked
# by the readers of this package, and nothing outside of it and the client's core sees one.
Message = Any


def _load() -> dict[str, Any]:
    files = descriptor_pb2.FileDescriptorSet.FromString(
        resources.files(__package__).joinpath("schema.binpb").read_bytes()
    )
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    found: dict[str, Any] = {}
    for file in files.file:
        for message in file.message_type:
            descriptor = pool.FindMessageTypeByName(f"{file.package}.{message.name}")
            found[message.name] = message_factory.GetMessageClass(descriptor)
    return found


_classes = _load()

Acknowledgement = _classes["Acknowledgement"]
Event = _classes["Event"]
Gradient = _classes["Gradient"]
Reply = _classes["Reply"]
Request = _classes["Request"]
Settings = _classes["Settings"]
Update = _classes["Update"]
