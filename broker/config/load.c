#include "config/config.h"
#include "core/zpl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

//  In which line each path was given: options, then settings, then groups.
typedef struct {
    size_t lines [GRADMQ_OPTIONS + GRADMQ_SETTINGS + 1];
} s_seen_t;

//  Where the line of `path` is kept; NULL for a path that there is none of.
static size_t *
s_line_of (s_seen_t *self, const char *path)
{
    const gradmq_option_row_t *row = gradmq_option_find (path);
    if (row)
        return &self->lines [row - gradmq_option_table];
    if (strncmp (path, "settings/", 9) != 0)
        return NULL;
    const gradmq_setting_row_t *setting = gradmq_setting_find (path + 9);
    if (setting)
        return &self->lines [GRADMQ_OPTIONS + gradmq_setting_id (setting)];
    return strcmp (path + 9, "groups") == 0 ? &self->lines [GRADMQ_OPTIONS + GRADMQ_SETTINGS]
                                            : NULL;
}

static gradmq_err_t
s_apply (gradmq_config_t *self, s_seen_t *seen, const gradmq_zpl_item_t *item,
         gradmq_reason_t *reason)
{
    if (!item->value && gradmq_config_is_section (item->path))
        return GRADMQ_OK;
    if (item->value && gradmq_config_is_section (item->path))
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG,
                              "%.80s is a section; its options stand in the lines below it",
                              item->path);
    size_t *line = s_line_of (seen, item->path);
    if (line && !item->value)
        return gradmq_refuse (
            reason, GRADMQ_ERR_CONFIG, "%.80s has no value; write %.80s = \"\"", item->path,
            strrchr (item->path, '/') ? strrchr (item->path, '/') + 1 : item->path);
    if (line && *line)
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%.80s was given before, in line %zu",
                              item->path, *line);
    if (line)
        *line = item->line;
    return gradmq_config_set (self, item->path, item->value ? item->value : "", reason);
}

gradmq_err_t
gradmq_config_read (gradmq_config_t *self, const char *name, const char *text, size_t size,
                    gradmq_reason_t *reason)
{
    s_seen_t seen = {{0}};
    gradmq_zpl_t reader;
    gradmq_zpl_item_t item;
    if (size > GRADMQ_CONFIG_FILE_BYTES_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_CONFIG, "%.200s: is longer than %u bytes", name,
                              GRADMQ_CONFIG_FILE_BYTES_MAX);
    gradmq_zpl_open (&reader, name, text, size);
    for (;;) {
        gradmq_reason_t why = {0};
        gradmq_err_t err = gradmq_zpl_next (&reader, &item, reason);
        if (err || !item.path)
            return err;
        err = s_apply (self, &seen, &item, &why);
        if (err)
            return gradmq_refuse (reason, err, "%.100s:%zu: %.390s", name, item.line, why.text);
    }
}

//  All of a file, up to one byte more than it may have.
static gradmq_err_t
s_read_all (int fd, const char *path, char *text, size_t *size, gradmq_reason_t *reason)
{
    *size = 0;
    while (*size <= GRADMQ_CONFIG_FILE_BYTES_MAX) {
        ssize_t got = read (fd, text + *size, GRADMQ_CONFIG_FILE_BYTES_MAX + 1 - *size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot read it: %s", path,
                                  strerror (errno));
        if (got == 0)
            break;
        *size += (size_t) got;
    }
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_config_load (gradmq_config_t *self, const char *path, gradmq_reason_t *reason)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gradmq_refuse (reason, GRADMQ_ERR_IO, "%.200s: cannot open it: %s", path,
                              strerror (errno));
    size_t size = 0;
    char *text = malloc (GRADMQ_CONFIG_FILE_BYTES_MAX + 1);
    gradmq_err_t err = text ? s_read_all (fd, path, text, &size, reason)
                            : gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    if (!err)
        err = gradmq_config_read (self, path, text, size, reason);
    free (text);
    close (fd);
    return err;
}
