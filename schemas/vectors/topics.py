"""Vectors of topics: what they are made of, and that none is a prefix of another (rule W-14)."""


def case(name, socket, rule, topic, **of):
    return {"name": name, "rule": rule, "socket": socket, "of": of, "topic": topic}


def vectors():
    found = [
        case("parameters", "updates", "U-1", "params/m/f32/", model="m", stream="f32"),
        case("parameters-of-a-longer-stream", "updates", "W-14", "params/m/f32.b/", model="m", stream="f32.b"),
        case("acknowledgement", "events", "S-7", "ack/m/w1/", model="m", worker="w1"),
        case("acknowledgement-of-a-longer-name", "events", "W-14", "ack/m/w10/", model="m", worker="w10"),
        case("events-for-all", "events", "E-1", "event/m/all/", model="m"),
        case("events-for-a-worker", "events", "E-2", "event/m/w/w1/", model="m", worker="w1"),
        case("events-for-a-worker-called-all", "events", "W-14", "event/m/w/all/", model="m", worker="all"),
        case("announcement", "events", "U-1", "announce/m/", model="m"),
        case("malformed", "events", "W-15", "malformed/m/", model="m"),
        case("sync", "updates", "U-4", "sync/00000000000000ff/", nonce="255"),
        case("sync-high", "events", "U-4", "sync/fedcba9876543210/", nonce=str(0xFEDCBA9876543210)),
    ]
    topics = [one["topic"] for one in found]
    assert not any(a != b and b.startswith(a) for a in topics for b in topics)
    return found
