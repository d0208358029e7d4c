#!/usr/bin/env bash
# deploy/README.md: what it names is there (error codes, settings, options, verbs, files), every code that goes over the
# wire is in it, and a copy of a running daemon's folder is a state that another goes on from, as it says.
set -u
# shellcheck source=tests/integration/fixture/processes.sh
. tests/integration/fixture/processes.sh

"$GRADMQ_BIN/gradmqd" --help > "$scratch/options"
"$GRADMQ_BIN/gradmq" --help > "$scratch/verbs"
python3 - deploy/README.md broker/core/error.def "$scratch/options" "$scratch/verbs" << 'P' > "$scratch/names" || fail "$(cat "$scratch/names")"
import pathlib, re, sys
guide, errors, options, verbs = (pathlib.Path(name).read_text() for name in sys.argv[1:])
codes = {name: int(number) for name, number in re.findall(r"^X \((\w+), +(\d+)", errors, re.M)}
settings = set(re.findall(r"^  settings/(\w+)", options, re.M))
keys = set(re.findall(r"^  ([a-z]+/\w+)", options, re.M))
known = set(re.findall(r"^  ([a-z]+)(?: |$)", verbs, re.M))
text = re.sub(r"^```sh.*?^```", "", guide, flags=re.M | re.S)
words = re.findall(r"`([^`]+)`", text)
others = {"EMPTY", "STOPPED", "RUNNING"}
wrong = [f"there is no code {w}" for w in words if re.fullmatch(r"[A-Z][A-Z_]+", w) and w not in codes and w not in others
         and w not in ("GRADMQ_THREADS", "OPENBLAS_NUM_THREADS")]
wrong += [f"{code} is not in the guide" for code, number in codes.items() if number < 64 and f"`{code}`" not in guide]
wrong += [f"there is no option {w}" for w in words if re.fullmatch(r"(sockets|state|http|security|record|model|log)/\w+", w) and w not in keys]
names = {w.split("=")[0] for w in words if re.fullmatch(r"[a-z]+(_[a-z]+)+(=\w+)?", w)}
told = {"resident_bytes", "loss_scale", "gradmq_checkpoint_age_seconds"}
wrong += [f"there is no setting {w}" for w in sorted(names - settings - told)]
wrong += [f"gradmq has no verb {w}" for w in re.findall(r"\bgradmq ([a-z]+)", guide) if w not in known]
wrong += [f"there is no {w}" for w in re.findall(r"\b(?:deploy|overlays)/[\w./-]+", guide)
          if not pathlib.Path(w).exists() and not pathlib.Path("deploy/kubernetes", w).exists()]
print("\n".join(wrong))
sys.exit(bool(wrong))
P

# Backup and restore.
zeros "$scratch/model.safetensors" 4
mkdir "$scratch/state"
start_daemon --set "state/directory=$scratch/state" --set settings/durability=journal --set settings/learning_rate=1 \
    --set "model/load=$scratch/model.safetensors" --set model/start=true
push () {
    gradmq push "$scratch/model.safetensors" --quiet || fail "a push is refused"
}
push
gradmq checkpoint --quiet || fail "no checkpoint"
push
cp -a "$scratch/state" "$scratch/copy"
push
holds 'd["position"]["version"] == 3' || fail "three gradients are not three versions"
{
    kill -KILL "$daemon"
    wait "$daemon"
} 2> /dev/null
start_daemon --set "state/directory=$scratch/copy"
holds 'd["position"]["version"] == 2 and d["state"] == "RUNNING"' || fail "the copy goes on from elsewhere"
epoch=$(status 'd["position"]["epoch"]')
first=$(basename "$(find "$scratch/copy" -name 'checkpoint-*' | sort | head -n 2 | tail -n 1)")
gradmq restore "$first" --quiet || fail "it goes back to no checkpoint"
holds "d[\"position\"][\"epoch\"] > $epoch" || fail "no new epoch has begun"
