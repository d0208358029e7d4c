//  Which texts are values of an option.

#ifndef GRADMQ_CONFIG_FORM_H
#define GRADMQ_CONFIG_FORM_H

#include "config/config.h"

//  What holds for every value: its length, UTF-8, no control characters, not both kinds of quotes
//  (the file's format has no escapes).
//    errors  CONFIG
GRADMQ_MUST_CHECK gradmq_err_t gradmq_form_check_value (const char *path, const char *value,
                                                        gradmq_reason_t *reason);

//  Length, choices and form of a TEXT.
//    errors  CONFIG
GRADMQ_MUST_CHECK gradmq_err_t gradmq_form_check (const gradmq_option_row_t *row, const char *value,
                                                  gradmq_reason_t *reason);

//    errors  CONFIG; *count is then unchanged
GRADMQ_MUST_CHECK gradmq_err_t gradmq_form_count (const gradmq_option_row_t *row, const char *value,
                                                  uint64_t *count, gradmq_reason_t *reason);

//    errors  CONFIG; *flag is then unchanged
GRADMQ_MUST_CHECK gradmq_err_t gradmq_form_flag (const gradmq_option_row_t *row, const char *value,
                                                 bool *flag, gradmq_reason_t *reason);

#endif
