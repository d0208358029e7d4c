"""Vectors of updates, events, requests and replies."""

from gradients import PLAIN
from wire import EVENT, REPLY, REQUEST, UPDATE, encode, frame, length_field, malformed_headers, refused, tag, valid

M64 = str(2**64 - 1)
HERE = {"instance": M64, "epoch": "1700000000000000", "version": "0"}
LATER = {"instance": "1", "epoch": "1700000000000000", "version": "4294967296"}
LAYOUT = {"tensors": [{"name": "a", "shape": ["2", "3"]}, {"name": "s"}], "dtype": 1}
ACK = {
    "model": "m", "worker": "w1", "position": LATER, "incarnation": "7", "received_through": "5",
    "settled_through": "4", "missing": [{"first": "7", "last": "9"}, {"first": "12", "last": "12", "code": 29}],
    "dispositions": [{"sequence": "2", "disposition": 4, "code": 17}, {"sequence": "3", "disposition": 2}],
    "dispositions_from": "1", "credit_gradients": 8, "credit_bytes": "1048576", "applied": "2",
}


def broken(kind, message, good, string_field):
    """Clients may be lenient where their runtime is: `may_take` marks what a coordinator alone has to refuse."""
    lenient = ("wire-type-not-the-schema's", "text-with-octet-0", "text-not-utf-8", "text-overlong-utf-8", "group",
               "number-of-eleven-octets")
    vectors = malformed_headers(kind, encode(message, good), string_field)
    if kind == REQUEST:
        return vectors
    return [{**one, "may_take": True} if one["name"] in lenient else one for one in vectors]


# ---------------------------------------------------------------------------------------------

def updates():
    full = {"model": "m", "position": LATER, "stream": "f32", "stream_sequence": "17",
            "previous_published_epoch": "1700000000000000", "previous_published_version": "4294967290",
            "layout": "81985529216486895", "dtype": 1, "encoding": 1, "bytes": "40", "learning_rate": 0.001,
            "settings_revision": "3"}
    first = {"model": "m", "position": HERE, "stream": "int8", "stream_sequence": "1", "layout": M64, "dtype": 1,
             "encoding": 4, "bytes": "1099511627776"}

    def header(content, **how):
        return frame(UPDATE, encode("Update", content, **how))

    return [
        valid("full", "U-2", [b"params/m/f32/", header(full)], full),
        valid("first-of-a-stream", "U-2", [b"params/m/int8/", header(first)], first),
        valid("previous-at-version-0", "U-2", [b"params/m/f32/", header({**full, "previous_published_version": "0"})],
              {**full, "previous_published_version": "0"}),
        valid("fields-backwards", "W-9", [b"params/m/f32/", header(full, backwards=True)], full),
        valid("unknown-fields", "W-7", [b"params/m/f32/", header(full) + tag(50, 0) + b"\x01"], full),
        refused("dtype-0", "N-2", [b"params/m/f32/", header({**first, "dtype": 0})], "UNSUPPORTED"),
        refused("dtype-unknown", "N-2", [b"params/m/f32/", header({**first, "dtype": 5})], "UNSUPPORTED"),
        refused("encoding-0", "N-2", [b"params/m/f32/", header({**first, "encoding": 0})], "UNSUPPORTED"),
        refused("encoding-unknown", "N-2", [b"params/m/f32/", header({**first, "encoding": 6})], "UNSUPPORTED"),
    ] + [{**one, "frames": [b"params/m/f32/".hex()] + one["frames"]} for one in broken(UPDATE, "Update", full, 1)]


# ---------------------------------------------------------------------------------------------

EVENTS = [
    ("acknowledgement", "ack/m/w1/", "S-6", ACK),
    ("heartbeat", "event/m/all/", "E-1",
     {"model": "m", "position": HERE, "state": 2, "why": "stopped; gradmq start goes on", "durability": "memory",
      "round": "4", "deadline_ms": "0", "min_clock": "3", "waiting_for": ["w1", "w2"], "waiting_total": 17,
      "members": 20, "queued": "5", "settings_revision": "2", "heartbeat_ms": "1000"}),
    ("notice", "event/m/w/w1/", "E-2",
     {"model": "m", "position": LATER, "notice": 10, "message": "the payload has 39 bytes", "worker": "w1",
      "incarnation": "7", "sequence": "3", "code": 17, "operation": "9", "count": "2", "settings_revision": "8"}),
    ("announcement", "announce/m/", "U-1", {"model": "m", "position": LATER}),
    ("malformed", "malformed/m/", "W-15",
     {"model": "m", "peer_address": "192.0.2.1", "user_id": "alice", "code": 5, "message": "not ours", "count": "3"}),
    ("sync", "sync/00000000000000ff/", "U-4", {"nonce": "255", "position": HERE}),
    ("step", "event/m/all/", "E-1",
     {"model": "m", "position": LATER, "steps": "10", "learning_rate": 0.1, "gradient_norm": 2.5, "update_norm": 0.25,
      "staleness_mean": 0.5, "staleness_maximum": "3",
      "metrics": [{"name": "loss", "mean": 0.5, "count": "10", "minimum": 0.25, "maximum": 0.75}]}),
]


def events():
    found = []
    for name, topic, rule, content in EVENTS:
        message = {name: content}
        found.append(valid(name, rule, [topic.encode(), frame(EVENT, encode("Event", message))], message))
        found.append(valid(name + "-in-two-pieces", "W-9",
                           [topic.encode(), frame(EVENT, encode("Event", {name: {}}) + encode("Event", message))],
                           message))
    octets = encode("Event", {"announcement": EVENTS[3][3]})
    topic = b"event/m/all/"
    found += [
        valid("unknown-body", "W-7", [topic, frame(EVENT, length_field(40, b"later"))], {}),
        valid("unknown-field-beside", "W-7", [topic, frame(EVENT, octets + tag(41, 0) + b"\x07")],
              {"announcement": EVENTS[3][3]}),
        valid("unknown-notice", "W-7", [topic, frame(EVENT, encode("Event", {"notice": {"notice": 99}}))],
              {"notice": {"notice": 99}}),
        valid("empty-acknowledgement", "S-6", [b"ack/m/w1/", frame(EVENT, encode("Event", {"acknowledgement": {}}))],
              {"acknowledgement": {}}),
        refused("body-of-another-wire-type", "W-6", [topic, frame(EVENT, tag(3, 0) + b"\x01")], "MALFORMED",
                may_take=True),
    ]
    # An event has no text of its own.
    headers = [one for one in broken(EVENT, "Event", {"announcement": EVENTS[3][3]}, 3)
               if not one["name"].startswith("text-")]
    return found + [{**one, "frames": [topic.hex()] + one["frames"]} for one in headers]


# ---------------------------------------------------------------------------------------------

SETTINGS = {"mode": "descent", "optimizer": "adam", "learning_rate": 0.001, "beta1": 0.9, "schedule": "cosine",
            "schedule_steps": "1000", "coalesce": False, "queue_gradients": 64, "queue_bytes": "1073741824",
            "groups": {"groups": [{"pattern": "*.bias", "weight_decay": 0.0, "frozen": True},
                                  {"pattern": "out.*", "rate_scale": 0.5, "l2": 0.125}]}}
BODIES = [
    ("describe", "describe", {}),
    ("join-new", "join", {"worker": "w1", "capabilities": ["rows", "int8"]}),
    ("join-renew", "join", {"worker": "w1", "incarnation": "7", "low_water": "4"}),
    ("leave", "leave", {"worker": "w1", "incarnation": "7", "last_sequence": "12"}),
    ("leave-nothing-pushed", "leave", {"worker": "w1", "incarnation": "7", "last_sequence": "0"}),
    ("set-parameters", "set_parameters", {"settings": SETTINGS, "reset": ["momentum", "groups"]}),
    ("set-parameters-no-groups-left", "set_parameters", {"settings": {"groups": {}}}),
    ("get-parameters", "get_parameters", {}),
    ("set-model-parameters", "set_model_parameters", {"layout": LAYOUT, "dtype": 4, "bytes": "14"}),
    ("set-model-parameters-scalar", "set_model_parameters", {"layout": {"tensors": [{"name": "s"}], "dtype": 2}}),
    ("get-model-parameters", "get_model_parameters",
     {"stream": "bf16", "newer_than": {"epoch": "1700000000000000", "version": "0"}}),
    ("get-model-parameters-plain", "get_model_parameters", {}),
    ("add-gradients", "add_gradients", {"gradient": PLAIN, "dry_run": True}),
    ("add-model-parameters", "add_model_parameters",
     {"gradient": {**PLAIN, "kind": 3, "parts": [{"tensor": 1, "encoding": 2, "count": "1"}]}}),
    ("clear-gradients", "clear_gradients", {"new_epoch": True}),
    ("start", "start", {}),
    ("stop", "stop", {}),
    ("reset", "reset", {}),
    ("destroy", "destroy", {"without_checkpoint": True}),
    ("status", "status", {}),
    ("list-workers", "list_workers", {"after": "w1", "limit": 1024}),
    ("acknowledgement", "acknowledgement", {"worker": "w1", "incarnation": "7", "sent_through": "12"}),
    ("sync", "sync", {"nonce": M64}),
    ("checkpoint", "checkpoint", {}),
    ("restore", "restore", {"checkpoint": "epoch-3"}),
    ("record", "record", {"name": "monday"}),
    ("record-stop", "record", {"stop": True}),
]
HEAD = {"client": "c-1", "request_id": "77", "model": "m"}


def request(content, **how):
    return frame(REQUEST, encode("Request", content, **how))


def good_requests():
    found = []
    for name, body, content in BODIES:
        message = {**HEAD, body: content}
        found.append(valid(name, "R-2", [request(message)], message))
    status = {**HEAD, "status": {}}
    conditions = {**HEAD, "if_epoch": "0", "if_version": "5", "start": {}}
    unknown = encode("Gradient", PLAIN) + tag(200, 0) + b"\x01"
    return found + [
        valid("conditions", "R-4", [request(conditions)], conditions),
        valid("fields-backwards", "W-9", [request(conditions, backwards=True)], conditions),
        valid("no-head", "R-5", [request({"describe": {}})], {"describe": {}}),
        valid("must-understand-known", "W-8", [request({"must_understand": [1, 4, 29], **status})],
              {"must_understand": [1, 4, 29], **status}),
        valid("shape-unpacked", "W-9",
              [frame(REQUEST, encode("Request", HEAD) + length_field(15, length_field(1, length_field(
                  1, encode("Tensor", {"name": "a", "shape": ["2", "3"]}, packed=False)))))],
              {**HEAD, "set_model_parameters": {"layout": {"tensors": [{"name": "a", "shape": ["2", "3"]}]}}}),
        valid("unknown-field-in-a-gradient", "W-7",
              [frame(REQUEST, encode("Request", HEAD) + length_field(17, length_field(1, unknown)))],
              {**HEAD, "add_gradients": {"gradient": PLAIN}}),
    ]


def bad_requests():
    cases = [
        ("no-command", "R-2", HEAD, "COMMAND"),
        ("client-not-a-name", "A-1", {"client": "a b", "request_id": "77", "start": {}}, "NAME"),
        ("model-not-a-name", "A-1", {"request_id": "77", "model": ".", "status": {}}, "NAME"),
        ("must-understand-unknown", "W-8", {**HEAD, "must_understand": [99], "status": {}}, "UNSUPPORTED"),
        ("join-without-worker", "A-1", {**HEAD, "join": {}}, "NAME"),
        ("join-worker-of-65", "A-1", {**HEAD, "join": {"worker": "w" * 65}}, "NAME"),
        ("leave-without-worker", "A-1", {**HEAD, "leave": {"incarnation": "1"}}, "NAME"),
        ("acknowledgement-without-worker", "A-1", {**HEAD, "acknowledgement": {}}, "NAME"),
        ("stream-not-a-name", "A-1", {**HEAD, "get_model_parameters": {"stream": "f32/"}}, "NAME"),
        ("sync-nonce-0", "R-2", {**HEAD, "sync": {"nonce": "0"}}, "ARGUMENT"),
        ("sync-without-nonce", "R-2", {**HEAD, "sync": {}}, "ARGUMENT"),
        ("record-not-a-name", "A-1", {**HEAD, "record": {"name": "../monday"}}, "NAME"),
        ("record-without-a-name", "R-10", {**HEAD, "record": {}}, "NAME"),
        ("record-name-and-stop", "R-10", {**HEAD, "record": {"name": "monday", "stop": True}}, "ARGUMENT"),
        ("list-workers-1025", "R-2", {**HEAD, "list_workers": {"limit": 1025}}, "ARGUMENT"),
        ("add-gradients-without-gradient", "R-2", {**HEAD, "add_gradients": {}}, "ARGUMENT"),
        ("add-gradients-sequence-0", "G-2", {**HEAD, "add_gradients": {"gradient": {**PLAIN, "sequence": "0"}}},
         "ARGUMENT"),
        ("add-gradients-kind-unknown", "N-2", {**HEAD, "add_gradients": {"gradient": {**PLAIN, "kind": 9}}},
         "UNSUPPORTED"),
        ("add-gradients-must-understand", "W-8",
         {**HEAD, "add_gradients": {"gradient": {**PLAIN, "must_understand": [99]}}}, "UNSUPPORTED"),
        ("load-dtype-0", "N-2", {**HEAD, "set_model_parameters": {"layout": LAYOUT, "dtype": 0}}, "UNSUPPORTED"),
        ("load-layout-dtype-9", "N-2", {**HEAD, "set_model_parameters": {"layout": {**LAYOUT, "dtype": 9}}},
         "UNSUPPORTED"),
        ("setting-nan", "N-4", {**HEAD, "set_parameters": {"settings": {"learning_rate": float("nan")}}}, "ARGUMENT"),
        ("setting-infinite", "N-4", {**HEAD, "set_parameters": {"settings": {"epsilon": float("inf")}}}, "ARGUMENT"),
        ("setting-text-of-128", "T-2", {**HEAD, "set_parameters": {"settings": {"optimizer": "a" * 128}}}, "ARGUMENT"),
        ("group-rate-scale-nan", "N-4",
         {**HEAD, "set_parameters": {"settings": {"groups": {"groups": [{"pattern": "*", "rate_scale": float("nan")}]}}}},
         "ARGUMENT"),
        ("group-pattern-of-129", "T-6",
         {**HEAD, "set_parameters": {"settings": {"groups": {"groups": [{"pattern": "a" * 129}]}}}}, "ARGUMENT"),
        ("groups-65", "T-6",
         {**HEAD, "set_parameters": {"settings": {"groups": {"groups": [{"pattern": "*"}] * 65}}}}, "ARGUMENT"),
    ]
    head = encode("Request", HEAD)
    inner = tag(99, 0) + b"\x01"
    raw = [
        ("two-commands", "R-2", head + encode("Request", {"start": {}}) + encode("Request", {"status": {}}), "COMMAND"),
        ("command-unknown", "R-2", head + length_field(99, b""), "COMMAND"),
        ("unknown-field", "W-7", head + encode("Request", {"status": {}}) + tag(7, 0) + b"\x01", "UNSUPPORTED"),
        ("unknown-field-high", "W-7", head + encode("Request", {"status": {}}) + tag(100, 0) + b"\x01", "UNSUPPORTED"),
        ("unknown-field-in-a-command", "W-7", head + length_field(24, inner), "UNSUPPORTED"),
        ("unknown-field-in-a-layout", "W-7", head + length_field(15, length_field(1, inner)), "UNSUPPORTED"),
        ("unknown-setting", "W-7", head + length_field(13, length_field(1, tag(900, 0) + b"\x01")), "UNSUPPORTED"),
        ("unknown-field-in-a-group", "W-7",
         head + length_field(13, length_field(1, tag(16, 2) + b"\x05" + length_field(1, inner))), "UNSUPPORTED"),
    ]
    return [refused(name, rule, [request(content)], code, request_id="77") for name, rule, content, code in cases] + \
        [refused(name, rule, [frame(REQUEST, octets)], code, request_id="77") for name, rule, octets, code in raw]


def requests():
    return good_requests() + bad_requests() + broken(REQUEST, "Request", {**HEAD, "status": {}}, 1)


# ---------------------------------------------------------------------------------------------

LIMITS = {"frame_bytes": "16777216", "payload_frames": 65536, "header_bytes": "1048576", "tensors": 8192, "rank": 8,
          "name_bytes": 64, "tensor_name_bytes": 128, "metrics": 32, "groups": 64, "receive_window": 1024}
ANSWERS = [
    ("description", "description", "K-1",
     {"product": "gradmqd 0.1.0", "protocol_minor": 0, "state": 3, "layout": LAYOUT, "layout_id": M64,
      "gradients_endpoints": ["tcp://*:5571", "ipc:///run/gradmq/m.gradients"], "updates_endpoints": ["tcp://*:5572"],
      "events_endpoints": ["tcp://[::]:5573"], "streams": ["f32"], "stream_names": ["f32", "f16"], "limits": LIMITS,
      "dtypes": [1, 2, 3, 4], "encodings": [1, 2], "kinds": [1, 4], "optimizers": ["sgd", "adam"],
      "schedules": ["constant"], "policies": ["async"], "rules": ["sum"], "heartbeat_ms": "1000"}),
    ("description-without-a-model", "description", "P-3", {"product": "gradmqd 0.1.0", "state": 1, "limits": LIMITS}),
    ("joined", "joined", "J-7",
     {"incarnation": "7", "layout_id": M64, "start_clock": "3", "round": "2", "lease_ms": "30000",
      "acknowledgement": ACK, "capabilities": ["rows"]}),
    ("left", "left", "J-6", {"complete": True, "acknowledgement": ACK}),
    ("parameters", "parameters", "T-1",
     {"settings": SETTINGS, "explicit_names": ["learning_rate", "groups", "a_later_one"], "revision": "3",
      "effective_from": {"epoch": "1700000000000000", "version": "12"}, "unset": ["momentum"]}),
    ("loaded", "loaded", "M-2", {"layout_id": M64, "elements": "1099511627776"}),
    ("model-parameters", "model_parameters", "U-6",
     {"stream": "f32", "layout_id": M64, "dtype": 1, "encoding": 1, "bytes": "28", "stream_sequence": "17"}),
    ("model-parameters-unchanged", "model_parameters", "U-6", {"unchanged": True}),
    ("added", "added", "G-2", {"acknowledgement": ACK}),
    ("added-dry-run", "added", "G-2", {}),
    ("cleared", "cleared", "M-1", {"cleared": "5"}),
    ("state", "state", "M-1", {"state": 3}),
    ("status", "status", "E-1",
     {"product": "gradmqd 0.1.0", "state": 3, "why": "nothing arrives", "durability": "memory", "uptime_ms": "12",
      "members": 2, "queued_gradients": "3", "queued_bytes": "120", "elements": "10", "tensors": 2,
      "learning_rate": 0.1, "schedule_tick": "5", "settings_revision": "1", "snapshots_pinned": "1",
      "resident_bytes": "10000000", "counters": [{"name": "gradients", "value": "7"}],
      "operations": [{"operation": "1", "name": "checkpoint", "done": True, "code": 1, "message": "disk full"}],
      "round": "1", "deadline_ms": "50", "min_clock": "2", "waiting_for": ["w1"], "waiting_total": 1,
      "metrics": [{"name": "loss", "value": 0.5, "worker": "w1"}], "contributions": "2",
      "policy": "merge", "rule": "weighted_mean", "needed": "4"}),
    ("workers", "workers", "R-2",
     {"workers": [{"name": "w1", "incarnation": "7", "leaving": True, "lease_left_ms": "100", "seen_ms_ago": "5",
                   "received_through": "5", "settled_through": "4", "queued": "1", "clock": "2", "base_version": "3",
                   "staleness_mean": 0.5, "dispositions": [{"name": "REFUSED.LENGTH", "value": "2"}],
                   "metrics": [{"name": "loss", "value": 0.5}]}, {"name": "w2"}], "more": True}),
    ("acknowledgement", "acknowledgement", "S-6", ACK),
    ("operation", "operation", "R-6", {"operation": "4", "name": "checkpoint"}),
]


def replies():
    found = []
    for name, body, rule, content in ANSWERS:
        message = {"request_id": "77", "model": "m", "position": LATER, body: content}
        found.append(valid(name, rule, [frame(REPLY, encode("Reply", message))], message))
    code = {"request_id": "77", "code": 30, "message": "the model is at version 5", "position": HERE,
            "repeated_answer": True}
    later = {"request_id": "77", "code": 63}
    done = {"request_id": "77", "position": HERE}
    octets = encode("Reply", code)
    dtypes = {"description": {"dtypes": [1, 2, 300]}}
    return found + [
        valid("refusal", "R-1", [frame(REPLY, octets)], code),
        valid("refusal-of-a-later-minor", "N-2", [frame(REPLY, encode("Reply", later))], later),
        valid("done-without-a-body", "R-1", [frame(REPLY, encode("Reply", done))], done),
        valid("fields-backwards", "W-9", [frame(REPLY, encode("Reply", code, backwards=True))], code),
        valid("unknown-body", "W-7", [frame(REPLY, octets + length_field(60, b"later"))], code),
        valid("numbers-unpacked", "W-9", [frame(REPLY, length_field(10, encode("Description", dtypes["description"],
                                                                              packed=False)))], dtypes),
        valid("numbers-half-packed", "W-9",
              [frame(REPLY, length_field(10, length_field(12, b"\x01\x02") + tag(12, 0) + b"\xac\x02"))], dtypes),
    ] + broken(REPLY, "Reply", done, 3)
