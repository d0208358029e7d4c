#!/bin/sh
# Makes keys in three folders, for a broker and those who use it, unless they are there.
#
#   make-keys.sh SERVER WORKER ADMIN
#
# SERVER gets server.secret and authorised/, WORKER gets worker.secret for workers of any name, ADMIN admin.secret;
# the last two get server.public. Each folder goes to those who need it, and to nobody else.
set -eu
[ $# -eq 3 ] || { echo "usage: make-keys.sh SERVER WORKER ADMIN" >&2; exit 2; }
server=$1

# client NAME FOLDER OPTION...: the public part is authorised last, so that what was begun is done again.
client () {
    name=$1 folder=$2
    shift 2
    if [ ! -e "$folder/$name.secret" ]; then gradmq keygen "$name" --out "$folder" "$@"; fi
    cp "$server/server.public" "$folder/"
    cp "$folder/$name.public" "$server/authorised/"
}

if [ ! -e "$server/server.secret" ]; then gradmq keygen server --out "$server"; fi
mkdir -p "$server/authorised"
chmod 755 "$server/authorised"
client worker "$2" --workers '*'
client admin "$3" --role admin
