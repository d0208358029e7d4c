#include "security/role.h"

#include "core/limit.h"

#include <fnmatch.h>
#include <string.h>

static const char *const s_names [] = {
#define X(NAME, name, help) #name,
#include "security/role.def"
#undef X
};

const char *
gradmq_role_name (gradmq_role_t role)
{
    return s_names [role];
}

bool
gradmq_role_named (const char *name, gradmq_role_t *role)
{
    for (size_t i = 0; i < GRADMQ_ROLES; i++)
        if (strcmp (s_names [i], name) == 0) {
            *role = (gradmq_role_t) i;
            return true;
        }
    return false;
}

//  The next pattern of a list, copied; false when there is none, or it is longer than a name can be.
static bool
s_next (const char **at, char pattern [GRADMQ_NAME_BYTES_MAX + 1])
{
    *at += strspn (*at, ", ");
    size_t length = strcspn (*at, ", ");
    if (length == 0 || length > GRADMQ_NAME_BYTES_MAX)
        return false;
    memcpy (pattern, *at, length);
    pattern [length] = 0;
    *at += length;
    return true;
}

bool
gradmq_role_names (const char *names, const char *name)
{
    char pattern [GRADMQ_NAME_BYTES_MAX + 1];
    while (s_next (&names, pattern))
        if (fnmatch (pattern, name, FNM_NOESCAPE) == 0)
            return true;
    return false;
}

bool
gradmq_role_names_valid (const char *names)
{
    static const char allowed [] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789_-.*?";
    char pattern [GRADMQ_NAME_BYTES_MAX + 1];
    size_t count = 0;
    for (; s_next (&names, pattern); count++)
        if (pattern [strspn (pattern, allowed)])
            return false;
    return count > 0 && names [strspn (names, ", ")] == 0;
}
