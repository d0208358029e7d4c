#include "manner.h"

#include <gradmq.h>

#include <stdio.h>
#include <string.h>

static const struct {
    const char *policy;
    digits_manner_t manner;
} s_manners [] = {
    {"bsp", {.in_step = true}},
    {"merge", {.in_step = true, .trains = true}},
};

static const char *
s_policy (const gradmq_settings_info_t *info)
{
    for (size_t i = 0; i < info->count; i++)
        if (strcmp (info->settings [i].name, "policy") == 0)
            return info->settings [i].value;
    return "";
}

bool
digits_manner_ask (digits_manner_t *self, const digits_options_t *options)
{
    gradmq_options_t connection = {.control = options->control,
                                   .model = options->model,
                                   .secret = options->secret,
                                   .server_key = options->server_key};
    gradmq_reason_t why = {0};
    gradmq_remote_t *remote;
    const gradmq_settings_info_t *info = NULL;
    gradmq_err_t err = gradmq_remote_open (&remote, &connection, &why);
    if (!err)
        err = gradmq_remote_get_parameters (remote, &info, &why);
    *self = (digits_manner_t){0};
    for (size_t i = 0; !err && i < sizeof s_manners / sizeof *s_manners; i++)
        if (strcmp (s_policy (info), s_manners [i].policy) == 0)
            *self = s_manners [i].manner;
    if (err)
        fprintf (stderr, "gradmq-digits work: %s\n", why.text);
    gradmq_remote_close (&remote);
    return !err;
}
