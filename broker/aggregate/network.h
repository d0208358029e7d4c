//  A sorting network for 16 values: X (a, b) for each pair, in order; the lesser of the two values
//  goes to a, the other to b, a < b. Its pairs with b < n sort n values. Pairs of one stage have no
//  value in common.
//    source  Batcher's merge exchange: Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M

#ifndef GRADMQ_AGGREGATE_NETWORK_H
#define GRADMQ_AGGREGATE_NETWORK_H

#define GRADMQ_NETWORK_0(X)                                                                        \
    X (0, 8) X (1, 9) X (2, 10) X (3, 11) X (4, 12) X (5, 13) X (6, 14) X (7, 15)
#define GRADMQ_NETWORK_1(X)                                                                        \
    X (0, 4) X (1, 5) X (2, 6) X (3, 7) X (8, 12) X (9, 13) X (10, 14) X (11, 15)
#define GRADMQ_NETWORK_2(X) X (4, 8) X (5, 9) X (6, 10) X (7, 11)
#define GRADMQ_NETWORK_3(X)                                                                        \
    X (0, 2) X (1, 3) X (4, 6) X (5, 7) X (8, 10) X (9, 11) X (12, 14) X (13, 15)
#define GRADMQ_NETWORK_4(X) X (2, 8) X (3, 9) X (6, 12) X (7, 13)
#define GRADMQ_NETWORK_5(X) X (2, 4) X (3, 5) X (6, 8) X (7, 9) X (10, 12) X (11, 13)
#define GRADMQ_NETWORK_6(X)                                                                        \
    X (0, 1) X (2, 3) X (4, 5) X (6, 7) X (8, 9) X (10, 11) X (12, 13) X (14, 15)
#define GRADMQ_NETWORK_7(X) X (1, 8) X (3, 10) X (5, 12) X (7, 14)
#define GRADMQ_NETWORK_8(X) X (1, 4) X (3, 6) X (5, 8) X (7, 10) X (9, 12) X (11, 14)
#define GRADMQ_NETWORK_9(X) X (1, 2) X (3, 4) X (5, 6) X (7, 8) X (9, 10) X (11, 12) X (13, 14)

#define GRADMQ_NETWORK(X)                                                                          \
    GRADMQ_NETWORK_0 (X)                                                                           \
    GRADMQ_NETWORK_1 (X)                                                                           \
    GRADMQ_NETWORK_2 (X)                                                                           \
    GRADMQ_NETWORK_3 (X)                                                                           \
    GRADMQ_NETWORK_4 (X)                                                                           \
    GRADMQ_NETWORK_5 (X)                                                                           \
    GRADMQ_NETWORK_6 (X)                                                                           \
    GRADMQ_NETWORK_7 (X)                                                                           \
    GRADMQ_NETWORK_8 (X)                                                                           \
    GRADMQ_NETWORK_9 (X)

#endif
