//  Roles: what the holder of a key may do. One table, role.def.

#ifndef GRADMQ_SECURITY_ROLE_H
#define GRADMQ_SECURITY_ROLE_H

#include <stdbool.h>
#include <stddef.h>

//  In order: who has a role may do all that those before it may.
typedef enum {
#define X(NAME, name, help) GRADMQ_ROLE_##NAME,
#include "security/role.def"
#undef X
    GRADMQ_ROLES
} gradmq_role_t;

const char *gradmq_role_name (gradmq_role_t role);

//    returns  false: there is no role of this name
bool gradmq_role_named (const char *name, gradmq_role_t *role);

//  True when `names`, patterns with commas or spaces between, have one that `name` fits. In a pattern
//  "*" stands for any characters, none too, and "?" for one.
bool gradmq_role_names (const char *names, const char *name);

//  True when every pattern in `names` could fit a name (PROTOCOL.md, rule A-1), and there is one.
bool gradmq_role_names_valid (const char *names);

#endif
