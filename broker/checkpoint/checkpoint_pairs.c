#include "checkpoint/checkpoint_form.h"
#include "core/size.h"
#include "settings/real.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static gradmq_err_t
s_no_value (size_t key, const char *value, const char *wanted, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "\"%s\" of __metadata__ is \"%.40s\" and not %s",
                          gradmq_checkpoint_keys [key].name, value, wanted);
}

//  All of `text` is a whole number.
static bool
s_read_u64 (const char *text, uint64_t *value)
{
    uint64_t number = 0;
    if (!text [0] || (text [0] == '0' && text [1]))
        return false;
    for (; *text; text++)
        if (*text < '0' || *text > '9' || !gradmq_size_mul (number, 10, &number)
            || !gradmq_size_add (number, (uint64_t) (*text - '0'), &number))
            return false;
    *value = number;
    return true;
}

//  What stands before the next `end`, which *at is then behind; false when it is too long or there is none.
static bool
s_take (const char **at, char end, char token [GRADMQ_REAL_TEXT_BYTES])
{
    const char *to = strchr (*at, end);
    if (!to || to - *at >= GRADMQ_REAL_TEXT_BYTES)
        return false;
    size_t length = (size_t) (to - *at);
    memcpy (token, *at, length);
    token [length] = 0;
    *at = to + 1;
    return true;
}

static bool
s_read_count (const char **at, gradmq_checkpoint_count_t *count)
{
    char token [GRADMQ_REAL_TEXT_BYTES];
    return s_take (at, ' ', token) && s_read_u64 (token, &count->count) && s_take (at, ' ', token)
           && gradmq_real_read (token, &count->running [0]) && s_take (at, '\n', token)
           && gradmq_real_read (token, &count->running [1]);
}

static gradmq_err_t
s_read_counts (const char *text, gradmq_checkpoint_count_t *counts, size_t count,
               gradmq_reason_t *reason)
{
    const char *at = text;
    for (size_t i = 0; i < count; i++)
        if (!s_read_count (&at, &counts [i]))
            return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                                  "line %zu of \"counts\" of __metadata__ is not three numbers",
                                  i + 1);
    if (!*at)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "\"counts\" of __metadata__ has more lines than the model has tensors, "
                          "which are %zu",
                          count);
}

static gradmq_err_t
s_read_plain (gradmq_checkpoint_t *self, size_t key, const char *value, gradmq_reason_t *reason)
{
    const gradmq_checkpoint_key_t *row = &gradmq_checkpoint_keys [key];
    void *field = (char *) self + row->offset;
    if (row->kind == GRADMQ_CHECKPOINT_TEXT)
        *(const char **) field = value;
    else if (row->kind == GRADMQ_CHECKPOINT_COUNT && !s_read_u64 (value, field))
        return s_no_value (key, value, "a whole number below 2^64", reason);
    return GRADMQ_OK;
}

static gradmq_err_t
s_read_flag (bool *flag, size_t key, const gradmq_metadata_t *pairs, gradmq_reason_t *reason)
{
    const char *value = pairs [key].value;
    *flag = strcmp (value, "true") == 0;
    if (!*flag && strcmp (value, "false") != 0)
        return s_no_value (key, value, "true or false", reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_checkpoint_read_pairs (gradmq_checkpoint_t *self, const gradmq_metadata_t *pairs,
                              gradmq_checkpoint_count_t *counts, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_KEYS && !err; i++)
        err = s_read_plain (self, i, pairs [i].value, reason);
    if (!err)
        err = s_read_flag (&self->journal, GRADMQ_CHECKPOINT_KEY_journal, pairs, reason);
    if (!err)
        err = s_read_flag (&self->running, GRADMQ_CHECKPOINT_KEY_running, pairs, reason);
    if (err)
        return err;
    char id [24];
    snprintf (id, sizeof id, "%016" PRIx64, gradmq_layout_id (self->layout));
    const char *layout = pairs [GRADMQ_CHECKPOINT_KEY_layout].value;
    if (strcmp (layout, id) != 0)
        return s_no_value (GRADMQ_CHECKPOINT_KEY_layout, layout, "the id of the tensors' layout",
                           reason);
    self->counts = counts;
    return s_read_counts (pairs [GRADMQ_CHECKPOINT_KEY_counts].value, counts,
                          gradmq_layout_count (self->layout), reason);
}
