#!/usr/bin/env bash
# Generates the messages of the schema as Go: generate.sh [FOLDER], by default internal/gradmqpb.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"
to=${1:-internal/gradmqpb}
schemas=../../schemas
package=github.com/gradmq/gradmq/bindings/go/internal/gradmqpb
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
go build -o "$tools/protoc-gen-go" google.golang.org/protobuf/cmd/protoc-gen-go
arguments=()
for file in "$schemas"/gradmq/v1/*.proto; do
    arguments+=("--go_opt=Mgradmq/v1/${file##*/}=$package")
done
mkdir -p "$to"
protoc --plugin="$tools/protoc-gen-go" --proto_path="$schemas" --go_out="$to" \
    --go_opt="module=$package" "${arguments[@]}" "$schemas"/gradmq/v1/*.proto
