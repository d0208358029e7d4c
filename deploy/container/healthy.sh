#!/bin/bash
# Health of the gradmqd in this container: 0 while its coordinator goes round its loop. It is asked by bash
# itself, so that the image needs no HTTP client.
exec 3<> "/dev/tcp/127.0.0.1/${GRADMQ_HTTP_PORT:-9570}" || exit 1
printf 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
IFS= read -r -t 4 answer <&3
echo "${answer%$'\r'}"
[[ $answer = 'HTTP/1.'?' 200 '* ]]
