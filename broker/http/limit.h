//  Bounds of what HTTP takes and gives.

#ifndef GRADMQ_HTTP_LIMIT_H
#define GRADMQ_HTTP_LIMIT_H

#define GRADMQ_HTTP_CONNECTIONS_MOST 64u     //  one more is answered 503
#define GRADMQ_HTTP_CONNECTIONS_REFUSED 16u  //  that many at once; others wait unaccepted
#define GRADMQ_HTTP_LISTENERS_MOST 16u       //  to /events; one more is answered 503
#define GRADMQ_HTTP_REQUEST_BYTES 16384u     //  of a request line with its headers
#define GRADMQ_HTTP_EXCHANGE_S 10u           //  from a connection to the end of its answer
#define GRADMQ_HTTP_SEND_BYTES (256 << 10)   //  that the system queues for a connection
#define GRADMQ_HTTP_FEED_KEPT 32u            //  events that a listener may be behind
#define GRADMQ_HTTP_GOODBYE_MS 500u          //  that listeners have to read the end
#define GRADMQ_HTTP_HISTORY_KEPT 1024u       //  reports on steps
#define GRADMQ_HTTP_LOOK_MS 1000u            //  between looks at all
#define GRADMQ_HTTP_GLANCE_MS 250u           //  between looks at reports, while somebody listens
#define GRADMQ_HTTP_NAMES_MOST 32u           //  of metrics that workers report, in /metrics
#define GRADMQ_HTTP_HEALTH_HEARTBEATS 3u     //  without a round of the actor: not healthy
#define GRADMQ_HTTP_HEALTH_LEAST_MS 3000u    //  but not before that

#endif
