"""The protocol's frames: preambles, headers, topics, payloads. No sockets."""
