//  From settings as somebody gave them to settings in force: rules T-2 to T-5 and T-7.

#ifndef GRADMQ_STEP_RESOLVE_H
#define GRADMQ_STEP_RESOLVE_H

#include "aggregate/rule.h"
#include "optimize/optimizer.h"
#include "optimize/schedule.h"
#include "sync/policy.h"

#define GRADMQ_UNSET_MAX GRADMQ_SETTINGS

//  Work out what a change makes of the settings in force; *current is not touched.
//    `change`  what is given; `reset` names what goes back to its default (both may be empty)
//    *result   effective: what depends on optimizer or policy resolved, `given` as somebody set
//              it
//    unset     names (static) of settings that the change put back because nothing reads them any
//              more; *unset_count of them
//    errors    ARGUMENT, UNSUPPORTED, with the name, the value and what it could be
GRADMQ_MUST_CHECK gradmq_err_t gradmq_resolve (const gradmq_settings_t *current,
                                               const gradmq_settings_t *change,
                                               const char *const *reset, size_t reset_count,
                                               gradmq_settings_t *result,
                                               const char *unset [GRADMQ_UNSET_MAX],
                                               size_t *unset_count, gradmq_reason_t *reason);

//  The settings of a new coordinator: every default, resolved.
void gradmq_resolve_defaults (gradmq_settings_t *result);

#endif
