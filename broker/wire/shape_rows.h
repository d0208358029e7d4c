//  Macros that write rows of a shape. Before the rows, MINE is our struct and THEIRS protobuf-c's;
//  m is a member of MINE, t of THEIRS. A row whose two types do not agree does not compile.

#ifndef GRADMQ_WIRE_SHAPE_ROWS_H
#define GRADMQ_WIRE_SHAPE_ROWS_H

#include "wire/shape.h"

#include <stddef.h>

#define GRADMQ_KIND_OF(type, member)                                                               \
    _Generic(((type *) 0)->member, uint64_t                                                        \
             : GRADMQ_ROW_U64, uint32_t                                                            \
             : GRADMQ_ROW_U32, double                                                              \
             : GRADMQ_ROW_F64, bool                                                                \
             : GRADMQ_ROW_BOOL, protobuf_c_boolean                                                 \
             : GRADMQ_ROW_BOOL)

//  The kind of both; a division by zero where they differ.
#define GRADMQ_KIND_BOTH(m, t)                                                                     \
    (GRADMQ_KIND_OF (THEIRS, t)                                                                    \
     + 0 / (int) (GRADMQ_KIND_OF (MINE, m) == GRADMQ_KIND_OF (THEIRS, t)))

#define GRADMQ_NUMBER(m, t, w, h)                                                                  \
    {                                                                                              \
        .kind = GRADMQ_KIND_BOTH (m, t), .when = w, .mine = offsetof (MINE, m), .has = h,          \
        .theirs = offsetof (THEIRS, t), .quantifier = offsetof (THEIRS, has_##t)                   \
    }

//  Numbers: written when not zero; always; when the bool says so.
#define NUMBER_AS(m, t) GRADMQ_NUMBER (m, t, GRADMQ_WHEN_NOT_ZERO, 0)
#define SHOWN_AS(m, t) GRADMQ_NUMBER (m, t, GRADMQ_WHEN_ALWAYS, 0)
#define OPTIONAL_AS(m, t, h) GRADMQ_NUMBER (m, t, GRADMQ_WHEN_HAS, offsetof (MINE, h))
#define NUMBER(m) NUMBER_AS (m, m)
#define SHOWN(m) SHOWN_AS (m, m)
#define OPTIONAL(m) OPTIONAL_AS (m, m, has_##m)

#define GRADMQ_TEXT(k, m, t)                                                                       \
    {                                                                                              \
        .kind = k, .mine = offsetof (MINE, m), .theirs = offsetof (THEIRS, t)                      \
    }
#define TEXT_AS(m, t) GRADMQ_TEXT (GRADMQ_ROW_TEXT, m, t)
#define TEXT(m) TEXT_AS (m, m)
#define NAME(m) GRADMQ_TEXT (GRADMQ_ROW_NAME, m, m)

#define GRADMQ_MANY(k, m, n, t, s)                                                                 \
    {                                                                                              \
        .kind = k, .mine = offsetof (MINE, m), .has = offsetof (MINE, n),                          \
        .theirs = offsetof (THEIRS, t), .quantifier = offsetof (THEIRS, n_##t), .shape = s         \
    }
//  gradmq_texts_t and gradmq_numbers_t.
#define LIST_AS(m, t) GRADMQ_MANY (GRADMQ_ROW_LIST, m.items, m.count, t, NULL)
#define LIST(m) LIST_AS (m, m)
#define POINTERS(m, n, t) GRADMQ_MANY (GRADMQ_ROW_POINTERS, m, n, t, NULL)
#define MANY(m, n, t, s) GRADMQ_MANY (GRADMQ_ROW_MANY, m, n, t, s)
#define DIMENSIONS(m, n, t) GRADMQ_MANY (GRADMQ_ROW_SHAPE, m, n, t, NULL)

//  A message in the message: always written; when a bool says so; when a count is not 0. HERE: its
//  fields stand in MINE itself.
#define ONE(m, t, s)                                                                               \
    {                                                                                              \
        .kind = GRADMQ_ROW_ONE, .when = GRADMQ_WHEN_ALWAYS, .mine = offsetof (MINE, m),            \
        .theirs = offsetof (THEIRS, t), .shape = s                                                 \
    }
#define ONE_OPTIONAL(m, h, t, s)                                                                   \
    {                                                                                              \
        .kind = GRADMQ_ROW_ONE, .when = GRADMQ_WHEN_HAS, .mine = offsetof (MINE, m),               \
        .has = offsetof (MINE, h), .theirs = offsetof (THEIRS, t), .shape = s                      \
    }
#define HERE(t, s)                                                                                 \
    {                                                                                              \
        .kind = GRADMQ_ROW_ONE, .when = GRADMQ_WHEN_ALWAYS, .theirs = offsetof (THEIRS, t),        \
        .shape = s                                                                                 \
    }
#define HERE_OPTIONAL(h, t, s)                                                                     \
    {                                                                                              \
        .kind = GRADMQ_ROW_ONE, .when = GRADMQ_WHEN_HAS, .has = offsetof (MINE, h),                \
        .theirs = offsetof (THEIRS, t), .shape = s                                                 \
    }
#define HERE_COUNTED(n, t, s)                                                                      \
    {                                                                                              \
        .kind = GRADMQ_ROW_ONE, .when = GRADMQ_WHEN_COUNTED, .has = offsetof (MINE, n),            \
        .theirs = offsetof (THEIRS, t), .shape = s                                                 \
    }

#define GRADMQ_SHAPE(d, table)                                                                     \
    {                                                                                              \
        .descriptor = &d, .size = sizeof (MINE), .rows = table,                                    \
        .count = sizeof table / sizeof table [0]                                                   \
    }

#endif
