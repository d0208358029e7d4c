#include "config/form.h"

#include "core/address.h"
#include "core/name.h"
#include "core/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

gradmq_err_t
gradmq_form_check_value (const char *path, const char *value, gradmq_reason_t *reason)
{
    size_t size = strnlen (value, GRADMQ_CONFIG_VALUE_BYTES_MAX + 1);
    if (size > GRADMQ_CONFIG_VALUE_BYTES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%.80s is longer than %u bytes", path,
                              GRADMQ_CONFIG_VALUE_BYTES_MAX);
    for (size_t i = 0; i < size;) {
        size_t length = gradmq_utf8_length (value + i, size - i);
        if (!length || (unsigned char) value [i] < 0x20 || value [i] == 0x7f)
            return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                                  "%.80s has a control character or broken UTF-8 at byte %zu", path,
                                  i);
        i += length;
    }
    if (strchr (value, '"') && strchr (value, '\''))
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "%.80s has both kinds of quotes; a value can have one of them", path);
    return GRADMQ_OK;
}

//  True when `word` is one of the words in `choices`.
static bool
s_among (const char *choices, const char *word)
{
    size_t length = strlen (word);
    for (const char *at = choices; *at;) {
        size_t size = strcspn (at, " ");
        if (size == length && strncmp (at, word, size) == 0)
            return true;
        at += size;
        at += *at == ' ';
    }
    return false;
}

//  A port: digits up to 65535, or * for any that is free.
static bool
s_is_port (const char *text, size_t length)
{
    if (length == 1 && text [0] == '*')
        return true;
    unsigned long port = 0;
    for (size_t i = 0; i < length; i++) {
        if (text [i] < '0' || text [i] > '9' || i > 4)
            return false;
        port = port * 10 + (unsigned long) (text [i] - '0');
    }
    return length > 0 && port <= 65535;
}

//  One endpoint of `length` bytes.
static bool
s_is_endpoint (const char *text, size_t length)
{
    static const char *const paths [] = {"ipc://", "inproc://"};
    for (size_t i = 0; i < length; i++)
        if (text [i] == ' ')
            return false;
    for (size_t i = 0; i < 2; i++)
        if (strncmp (text, paths [i], strlen (paths [i])) == 0)
            return length > strlen (paths [i]);
    if (length < 6 || strncmp (text, "tcp://", 6) != 0)
        return false;
    const char *colon = memrchr (text + 6, ':', length - 6);
    return colon && colon > text + 6 && s_is_port (colon + 1, (size_t) (text + length - colon - 1));
}

static gradmq_err_t
s_check_endpoints (const gradmq_option_row_t *row, const char *value, gradmq_reason_t *reason)
{
    if (!value [0])
        return GRADMQ_OK;
    for (const char *at = value;;) {
        size_t length = strcspn (at, ",");
        if (!s_is_endpoint (at, length))
            return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                                  "%s has \"%.*s\"; it can be tcp://ADDRESS:PORT, ipc://PATH, "
                                  "inproc://NAME, or several of them with commas between",
                                  row->path, length > 120 ? 120 : (int) length, at);
        if (!at [length])
            return GRADMQ_OK;
        at += length + 1;
    }
}

static gradmq_err_t
s_check_address (const gradmq_option_row_t *row, const char *value, gradmq_reason_t *reason)
{
    gradmq_address_t address;
    gradmq_reason_t why = {0};
    if (!value [0] || !gradmq_address_read (&address, value, &why))
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%s is %s", row->path, why.text);
}

gradmq_err_t
gradmq_form_check (const gradmq_option_row_t *row, const char *value, gradmq_reason_t *reason)
{
    if (strlen (value) > row->most)
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%s is longer than %" PRIu64 " bytes",
                              row->path, row->most);
    if (row->choices [0] && !s_among (row->choices, value))
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%s is \"%.80s\"; it can be: %s",
                              row->path, value, row->choices);
    if (row->form == GRADMQ_FORM_NAME && !gradmq_name_valid (value))
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "%s is \"%.80s\"; it can be 1 to 64 letters, digits, _ - and ., and "
                              "does not begin with - or .",
                              row->path, value);
    if (row->form == GRADMQ_FORM_ENDPOINTS)
        return s_check_endpoints (row, value, reason);
    if (row->form == GRADMQ_FORM_ADDRESS)
        return s_check_address (row, value, reason);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_form_count (const gradmq_option_row_t *row, const char *value, uint64_t *count,
                   gradmq_reason_t *reason)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull (value, &end, 10);
    bool whole = value [0] >= '0' && value [0] <= '9' && !*end && !errno;
    if (!whole || number < row->least || number > row->most)
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "%s is \"%.80s\"; it can be a whole number from %" PRIu64
                              " to %" PRIu64 " %s",
                              row->path, value, row->least, row->most, row->unit);
    *count = number;
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_form_flag (const gradmq_option_row_t *row, const char *value, bool *flag,
                  gradmq_reason_t *reason)
{
    bool yes = s_among ("true yes on 1", value);
    if (!yes && !s_among ("false no off 0", value))
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%s is \"%.80s\"; it can be true or false",
                              row->path, value);
    *flag = yes;
    return GRADMQ_OK;
}
