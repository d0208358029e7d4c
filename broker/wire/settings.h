//  Settings on the wire. Which settings there are is settings/setting.def's business: fields are
//  found by name.

#ifndef GRADMQ_WIRE_SETTINGS_H
#define GRADMQ_WIRE_SETTINGS_H

#include "gradmq/v1/settings.pb-c.h"
#include "settings/settings.h"
#include "wire/arena.h"

//  A change: what the message has is given. Ranges are not checked.
//    errors  UNSUPPORTED (a setting that is not in the table), ARGUMENT (too long, not finite, too
//            many groups), MEMORY or TOO_LARGE (arena)
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_read_change (gradmq_settings_t **self,
                                                            const Gradmq__V1__Settings *message,
                                                            gradmq_arena_t *arena,
                                                            gradmq_reason_t *reason);

//  What is in force: settings that are not in the table are passed over, a REAL that is absent is
//  NAN, and given is what `names` lists.
//    errors  as above but for UNSUPPORTED
GRADMQ_MUST_CHECK gradmq_err_t gradmq_settings_read_effective (gradmq_settings_t **self,
                                                               const Gradmq__V1__Settings *message,
                                                               char *const *names, size_t count,
                                                               gradmq_arena_t *arena,
                                                               gradmq_reason_t *reason);

//  A message with what is given, or with every value but NANs; it shares our texts. NULL: out of
//  memory.
Gradmq__V1__Settings *gradmq_settings_write (const gradmq_settings_t *self, bool only_given,
                                             gradmq_arena_t *arena);

//  The names of what is given, in the arena; NULL: out of memory.
const char **gradmq_settings_given_names (const gradmq_settings_t *self, size_t *count,
                                          gradmq_arena_t *arena);

#endif
