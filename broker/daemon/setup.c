#include "daemon/setup.h"

#include "checkpoint/safetensors.h"
#include "core/log.h"
#include "settings/group.h"

#include <czmq.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MMAP_THRESHOLD_BYTES = 1 << 30, TRIM_THRESHOLD_BYTES = INT_MAX };

bool
gradmq_setup_memory (void)
{
    bool taken = mallopt (M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES) == 1;
    taken &= mallopt (M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES) == 1;
    taken &= mallopt (M_ARENA_MAX, 1) == 1;
    return taken;
}

uint64_t
gradmq_setup_files (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
        return 0;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit (RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

void
gradmq_setup_sockets (const gradmq_config_t *config)
{
    zsys_handler_set (NULL);
    zsys_init ();
    zsys_set_logstream (NULL);
    zsys_set_logsystem (false);
    zsys_set_io_threads ((size_t) config->sockets_io_threads);
    zsys_set_ipv6 (config->sockets_ipv6);
}

//  Names and values of what is given, as text.
typedef struct {
    const char *names [GRADMQ_SETTINGS + 1];
    const char *values [GRADMQ_SETTINGS + 1];
    char texts [GRADMQ_SETTINGS][GRADMQ_SETTING_TEXT_BYTES];
    char groups [GRADMQ_GROUPS_TEXT_BYTES];
    size_t count;
} s_given_t;

static void
s_collect (s_given_t *self, const gradmq_settings_t *settings)
{
    for (gradmq_setting_id_t i = 0; i < GRADMQ_SETTINGS; i++) {
        if (!settings->given [i])
            continue;
        gradmq_settings_format (settings, i, self->texts [i], sizeof self->texts [i]);
        self->names [self->count] = gradmq_setting_table [i].name;
        self->values [self->count++] = self->texts [i];
    }
    if (!settings->groups_given)
        return;
    gradmq_groups_format (settings, self->groups, sizeof self->groups);
    self->names [self->count] = "groups";
    self->values [self->count++] = self->groups;
}

static gradmq_err_t
s_apply_settings (gradmq_coordinator_t *coordinator, const gradmq_settings_t *settings,
                  gradmq_reason_t *reason)
{
    s_given_t *given = calloc (1, sizeof *given);
    if (!given)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    s_collect (given, settings);
    gradmq_err_t err = GRADMQ_OK;
    if (given->count)
        err = gradmq_coordinator_set_parameters (coordinator, given->names, given->values,
                                                 given->count, reason);
    free (given);
    return err;
}

static void
s_release (void *data, void *context)
{
    (void) context;
    gradmq_safetensors_free (data);
}

//  Hand the parameters of a file to the coordinator, without a copy.
static gradmq_err_t
s_give_model (gradmq_coordinator_t *coordinator, gradmq_safetensors_t *file,
              gradmq_reason_t *reason)
{
    const gradmq_layout_t *layout = gradmq_safetensors_layout (file);
    size_t count = gradmq_layout_count (layout);
    gradmq_coordinator_tensor_t *tensors = calloc (count, sizeof *tensors);
    if (!tensors)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, i);
        tensors [i] = (gradmq_coordinator_tensor_t){
            .name = tensor->name, .rank = tensor->rank, .shape = tensor->shape};
    }
    void *data = gradmq_safetensors_take (file);
    gradmq_err_t err = gradmq_coordinator_set_model_parameters (
        coordinator, tensors, count, gradmq_layout_dtype (layout)->code, data,
        gradmq_layout_bytes (layout), true, s_release, NULL, reason);
    if (err)
        gradmq_safetensors_free (data);
    free (tensors);
    return err;
}

static gradmq_err_t
s_load_model (gradmq_coordinator_t *coordinator, const gradmq_config_t *config,
              gradmq_reason_t *reason)
{
    const gradmq_dtype_t *dtype = gradmq_dtype_named (config->model_dtype);
    gradmq_safetensors_t *file;
    gradmq_err_t err =
        gradmq_safetensors_load (&file, config->model_load, dtype ? dtype->code : 0, reason);
    if (err)
        return err;
    const gradmq_layout_t *layout = gradmq_safetensors_layout (file);
    gradmq_log (GRADMQ_LOG_INFO, "read %.400s: %zu tensors, %" PRIu64 " elements, kept as %s",
                config->model_load, gradmq_layout_count (layout), gradmq_layout_elements (layout),
                gradmq_layout_dtype (layout)->name);
    gradmq_reason_t why = {0};
    err = s_give_model (coordinator, file, &why);
    gradmq_safetensors_destroy (&file);
    return err ? gradmq_refuse (reason, err, "%.200s: %.300s", config->model_load,
                                gradmq_reason_text (&why))
               : GRADMQ_OK;
}

//  An endpoint, or NULL for none.
static const char *
s_endpoint (const char *text)
{
    return text [0] ? text : NULL;
}

//  A path, or the name of what the service manager was told to hand over (LoadCredential=).
static const char *
s_credential (const char *text, char path [PATH_MAX])
{
    const char *folder = getenv ("CREDENTIALS_DIRECTORY");
    if (!text [0] || strchr (text, '/') || !folder || !folder [0])
        return text;
    if (snprintf (path, PATH_MAX, "%s/%s", folder, text) >= PATH_MAX || access (path, F_OK) != 0)
        return text;
    return path;
}

static gradmq_err_t
s_open (gradmq_coordinator_t **self_p, const gradmq_config_t *config, gradmq_reason_t *reason)
{
    char secret [PATH_MAX];
    gradmq_coordinator_options_t options = {
        .model = config->model_name,
        .control = s_endpoint (config->sockets_control),
        .gradients = s_endpoint (config->sockets_gradients),
        .updates = s_endpoint (config->sockets_updates),
        .events = s_endpoint (config->sockets_events),
        .heartbeat_ms = (uint32_t) config->heartbeat_ms,
        .updates_hwm = (uint32_t) config->sockets_updates_hwm,
        .events_hwm = (uint32_t) config->sockets_events_hwm,
        .linger_ms = (uint32_t) config->sockets_linger_ms,
        .allow_plain_tcp = config->sockets_allow_plain_tcp,
        .secret = s_credential (config->security_secret, secret),
        .authorised = config->security_authorised,
        .records = config->record_directory,
        .state = config->state_directory,
        .hold = true,  //  until settings and model are as the configuration says
    };
    return gradmq_coordinator_open (self_p, &options, reason);
}

//  What was resumed has settings of its own, and a model, unless it ended before it had one.
static void
s_say_resumed (const gradmq_config_t *config, bool loaded)
{
    if (config->model_load [0] && loaded)
        gradmq_log (GRADMQ_LOG_INFO, "%.400s is not loaded: %.400s has a newer model",
                    config->model_load, config->state_directory);
    gradmq_log (GRADMQ_LOG_INFO,
                "the settings are those of %.400s, not those of the configuration; gradmq settings "
                "changes them",
                config->state_directory);
}

//  Model and start as the configuration says.
static gradmq_err_t
s_load_and_start (gradmq_coordinator_t *coordinator, const gradmq_config_t *config,
                  gradmq_exit_t *exit, gradmq_reason_t *reason)
{
    gradmq_err_t err = GRADMQ_OK;
    if (config->model_load [0]) {
        *exit = GRADMQ_EXIT_MODEL;
        err = s_load_model (coordinator, config, reason);
    }
    if (!err && config->model_start)
        err = gradmq_coordinator_start (coordinator, reason);
    return err;
}

//  The same, after the settings of the configuration.
static gradmq_err_t
s_begin (gradmq_coordinator_t *coordinator, const gradmq_config_t *config, gradmq_exit_t *exit,
         gradmq_reason_t *reason)
{
    *exit = GRADMQ_EXIT_USAGE;
    gradmq_err_t err = s_apply_settings (coordinator, &config->settings, reason);
    return err ? err : s_load_and_start (coordinator, config, exit, reason);
}

//  Go on, or begin.
static gradmq_err_t
s_go_on (gradmq_coordinator_t *coordinator, const gradmq_config_t *config, gradmq_exit_t *exit,
         gradmq_reason_t *reason)
{
    gradmq_coordinator_status_t status;
    gradmq_err_t err = gradmq_coordinator_status (coordinator, &status, reason);
    if (err)
        return err;
    if (!status.resumed)
        return s_begin (coordinator, config, exit, reason);
    s_say_resumed (config, status.epoch != 0);
    return status.epoch ? GRADMQ_OK : s_load_and_start (coordinator, config, exit, reason);
}

gradmq_err_t
gradmq_setup_coordinator (gradmq_coordinator_t **self_p, const gradmq_config_t *config,
                          gradmq_exit_t *exit, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_open (self_p, config, reason);
    *exit = err == GRADMQ_ERR_BIND      ? GRADMQ_EXIT_BIND
            : err == GRADMQ_ERR_MEMORY  ? GRADMQ_EXIT_FAILURE
            : err == GRADMQ_ERR_DAMAGED ? GRADMQ_EXIT_STATE
                                        : GRADMQ_EXIT_USAGE;
    if (err)
        return err;
    err = s_go_on (*self_p, config, exit, reason);
    if (err)
        gradmq_coordinator_destroy (self_p);
    else
        gradmq_coordinator_serve (*self_p);
    return err;
}
