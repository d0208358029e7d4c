#include "cli/cli.h"

#include "cli/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONTROL_USUAL "tcp://127.0.0.1:5570"
#define TIMEOUT_MS 5000u
#define TIMEOUT_PATIENT_MS 60000u

//  Told on the way, to somebody who sits there.
static void
s_on_wait (const char *text, void *context)
{
    const gradmq_cli_t *self = context;
    char clean [GRADMQ_REASON_BYTES];
    if (text && !self->hushed)
        fprintf (self->err, "gradmq: %s\n", gradmq_text_clean (clean, sizeof clean, text));
}

//  A file that an option names, else an environment variable.
static const char *
s_path_of (const gradmq_cli_t *self, gradmq_verb_option_id_t option, const char *variable)
{
    return gradmq_args_text (self->args, option, getenv (variable));
}

static gradmq_err_t
s_connect (gradmq_cli_t *self, uint32_t timeout_ms, gradmq_reason_t *reason)
{
    if (self->remote)
        return GRADMQ_OK;
    const gradmq_given_t *given = gradmq_args_option (self->args, GRADMQ_OPT_TIMEOUT);
    uint32_t first_ms = given ? (uint32_t) given->count : TIMEOUT_MS;
    uint32_t later_ms = given ? (uint32_t) given->count : timeout_ms;
    bool watched = !self->json && !self->quiet && isatty (fileno (self->err));
    gradmq_options_t options = {
        .control = self->control,
        .model = gradmq_args_text (self->args, GRADMQ_OPT_MODEL, NULL),
        .name = gradmq_args_text (self->args, GRADMQ_OPT_WORKER, NULL),
        .secret = s_path_of (self, GRADMQ_OPT_SECRET, "GRADMQ_SECRET"),
        .server_key = s_path_of (self, GRADMQ_OPT_SERVER_KEY, "GRADMQ_SERVER_KEY"),
        .timeout_ms = first_ms,
        .request_ms = later_ms,
        .on_wait = watched ? s_on_wait : NULL,
        .context = self,
    };
    gradmq_err_t err = gradmq_remote_open (&self->remote, &options, reason);
    if (!err)
        gradmq_remote_set_timeout (self->remote, later_ms);
    return err;
}

gradmq_err_t
gradmq_cli_connect (gradmq_cli_t *self, gradmq_reason_t *reason)
{
    return s_connect (self, TIMEOUT_MS, reason);
}

gradmq_err_t
gradmq_cli_connect_patiently (gradmq_cli_t *self, gradmq_reason_t *reason)
{
    return s_connect (self, TIMEOUT_PATIENT_MS, reason);
}

void
gradmq_cli_conditions (const gradmq_cli_t *self, gradmq_request_t *request)
{
    const gradmq_given_t *epoch = gradmq_args_option (self->args, GRADMQ_OPT_IF_EPOCH);
    const gradmq_given_t *version = gradmq_args_option (self->args, GRADMQ_OPT_IF_VERSION);
    request->has_if_epoch = epoch != NULL;
    request->if_epoch = epoch ? epoch->count : 0;
    request->has_if_version = version != NULL;
    request->if_version = version ? version->count : 0;
}

gradmq_err_t
gradmq_cli_ask (gradmq_cli_t *self, gradmq_request_t *request, const gradmq_reply_t **reply,
                gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_cli_connect (self, reason);
    return err ? err : gradmq_remote_call (self->remote, request, NULL, 0, reply, reason);
}

void
gradmq_cli_say (const gradmq_cli_t *self, const char *format, ...)
{
    if (self->quiet || self->json)
        return;
    char text [2 * GRADMQ_REASON_BYTES];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    fprintf (self->out, "%s\n", gradmq_text_clean (text, sizeof text, text));
}

void
gradmq_cli_print (const gradmq_cli_t *self, const char *json)
{
    size_t length = strlen (json);
    fputs (json, self->out);
    if (!length || json [length - 1] != '\n')
        fputc ('\n', self->out);
}

gradmq_printer_t
gradmq_cli_begin_answer (const gradmq_cli_t *self)
{
    uint64_t instance, epoch, version;
    gradmq_remote_position (self->remote, &instance, &epoch, &version);
    gradmq_printer_t printer = gradmq_printer (self->out);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_text (&printer, "model", gradmq_remote_model (self->remote));
    gradmq_printer_open (&printer, "position");
    gradmq_printer_id (&printer, "instance", instance);
    gradmq_printer_count (&printer, "epoch", epoch);
    gradmq_printer_count (&printer, "version", version);
    gradmq_printer_close (&printer);
    return printer;
}

void
gradmq_cli_end_answer (gradmq_printer_t *printer)
{
    gradmq_printer_close (printer);
    gradmq_printer_end (printer);
}

static void
s_tell_error_json (FILE *err, const gradmq_reason_t *reason)
{
    gradmq_printer_t printer = gradmq_printer (err);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_open (&printer, "error");
    gradmq_printer_count (&printer, "code", reason->code);
    gradmq_printer_text (&printer, "name", gradmq_err_name (reason->code));
    gradmq_printer_text (&printer, "message", gradmq_reason_text (reason));
    gradmq_printer_close (&printer);
    gradmq_cli_end_answer (&printer);
}

static void
s_tell_error (FILE *err, const gradmq_reason_t *reason, const char *verb, bool json)
{
    char clean [GRADMQ_REASON_BYTES];
    if (json) {
        s_tell_error_json (err, reason);
        return;
    }
    gradmq_text_clean (clean, sizeof clean, gradmq_reason_text (reason));
    if (reason->code == GRADMQ_ERR_USAGE)
        fprintf (err, "gradmq: %s\n", clean);
    else
        fprintf (err, "gradmq %s: %s [%s]\n", verb, clean, gradmq_err_name (reason->code));
}

//  Whether errors are wanted as JSON, also when the command line could not be read to its end.
static bool
s_wants_json (int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp (argv [i], "--") != 0; i++)
        if (strcmp (argv [i], "--json") == 0 || strcmp (argv [i], "-j") == 0)
            return true;
    return false;
}

static gradmq_err_t
s_run_verb (gradmq_cli_t *self, gradmq_reason_t *reason)
{
    const char *usual = getenv ("GRADMQ_CONTROL");
    usual = usual && usual [0] ? usual : CONTROL_USUAL;
    self->control = gradmq_args_text (self->args, GRADMQ_OPT_CONTROL, usual);
    self->json = gradmq_args_has (self->args, GRADMQ_OPT_JSON);
    self->quiet = gradmq_args_has (self->args, GRADMQ_OPT_QUIET);
    gradmq_err_t err = self->args->verb->run (self, reason);
    gradmq_remote_close (&self->remote);
    if (!err && (fflush (self->out) || ferror (self->out)))
        err =
            gradmq_refuse (reason, GRADMQ_ERR_IO, "cannot write the answer: %s", strerror (errno));
    return err;
}

int
gradmq_cli_run (int argc, char **argv, FILE *out, FILE *err)
{
    gradmq_args_t args;
    gradmq_reason_t reason = {.code = GRADMQ_OK};
    gradmq_cli_t self = {.args = &args, .out = out, .err = err};
    gradmq_err_t code = gradmq_args_parse (&args, argc, argv, &reason);
    if (!code)
        code = s_run_verb (&self, &reason);
    reason.code = code;
    if (code)
        s_tell_error (err, &reason, args.verb ? args.verb->name : "", s_wants_json (argc, argv));
    gradmq_args_clear (&args);
    return (int) gradmq_exit_of (code);
}
