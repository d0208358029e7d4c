#include "cli/cli.h"
#include "core/name.h"
#include "security/certificate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

//  The coordinator's own key has no role: that is what its peers have.
#define SERVER "server"

enum { PATH_BYTES = 1024 };

static gradmq_err_t
s_check (const gradmq_args_t *args, gradmq_reason_t *reason)
{
    const char *name = gradmq_args_word (args, 0);
    const char *workers = gradmq_args_text (args, GRADMQ_OPT_WORKERS, NULL);
    if (!gradmq_name_valid (name))
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              "\"%.80s\" is no name: 1 to %u letters, digits, _ - and ., not "
                              "beginning with - or .",
                              name, GRADMQ_NAME_BYTES_MAX);
    if (strcmp (name, SERVER) == 0 && (workers || gradmq_args_has (args, GRADMQ_OPT_ROLE)))
        return gradmq_refuse (reason, GRADMQ_ERR_USAGE,
                              SERVER
                              " is the coordinator's own key, which takes neither --role nor "
                              "--workers");
    if (workers
        && (strlen (workers) > GRADMQ_WORKERS_BYTES_MAX || !gradmq_role_names_valid (workers)))
        return gradmq_refuse (
            reason, GRADMQ_ERR_USAGE,
            "--workers \"%.80s\": it can be names of workers with commas between, "
            "with \"*\" and \"?\" in them, %u bytes at most",
            workers, GRADMQ_WORKERS_BYTES_MAX);
    return GRADMQ_OK;
}

//  What the command line says of the holder.
static void
s_fill (gradmq_certificate_t *certificate, const gradmq_args_t *args)
{
    const char *name = gradmq_args_word (args, 0);
    const char *role = gradmq_args_text (args, GRADMQ_OPT_ROLE, "worker");
    snprintf (certificate->name, sizeof certificate->name, "%s", name);
    if (strcmp (name, SERVER) == 0)
        return;
    certificate->has_role = gradmq_role_named (role, &certificate->role);
    snprintf (certificate->workers, sizeof certificate->workers, "%s",
              gradmq_args_text (args, GRADMQ_OPT_WORKERS, ""));
}

static gradmq_err_t
s_path (char path [PATH_BYTES], const gradmq_args_t *args, const char *end, gradmq_reason_t *reason)
{
    const char *folder = gradmq_args_text (args, GRADMQ_OPT_OUT, ".");
    int length = snprintf (path, PATH_BYTES, "%s%s%s.%s", strcmp (folder, ".") ? folder : "",
                           strcmp (folder, ".") ? "/" : "", gradmq_args_word (args, 0), end);
    if (length < PATH_BYTES)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_IO, "the path of the folder is too long");
}

//  Both files or none.
static gradmq_err_t
s_save (const gradmq_certificate_t *certificate, const char *secret, const char *public,
        gradmq_reason_t *reason)
{
    gradmq_err_t err = gradmq_certificate_save (certificate, secret, true, reason);
    if (err)
        return err;
    err = gradmq_certificate_save (certificate, public, false, reason);
    if (err)
        unlink (secret);
    return err;
}

static void
s_tell (gradmq_cli_t *cli, const gradmq_certificate_t *certificate, const char *secret,
        const char *public)
{
    bool server = !certificate->has_role;
    const char *role = server ? "server" : gradmq_role_name (certificate->role);
    if (cli->json) {
        gradmq_printer_t printer = gradmq_printer (cli->out);
        gradmq_printer_open (&printer, NULL);
        gradmq_printer_text (&printer, "secret", secret);
        gradmq_printer_text (&printer, "public", public);
        gradmq_printer_text (&printer, "key", certificate->public_key);
        gradmq_printer_text (&printer, "role", role);
        gradmq_cli_end_answer (&printer);
        return;
    }
    gradmq_cli_say (cli, "made %s, which stays with %s", secret,
                    server ? "the coordinator: security/secret of gradmqd"
                           : "its owner: --secret of gradmq");
    if (server)
        gradmq_cli_say (cli, "made %s: give it to everybody who connects, as --server-key", public);
    else
        gradmq_cli_say (cli,
                        "made %s, role %s: put it into the coordinator's folder "
                        "security/authorised",
                        public, role);
}

gradmq_err_t
gradmq_verb_keygen (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    char secret [PATH_BYTES], public [PATH_BYTES];
    gradmq_certificate_t certificate;
    gradmq_err_t err = s_check (cli->args, reason);
    if (!err)
        err = s_path (secret, cli->args, "secret", reason);
    if (!err)
        err = s_path (public, cli->args, "public", reason);
    if (!err)
        err = gradmq_certificate_make (&certificate, reason);
    if (err)
        return err;
    s_fill (&certificate, cli->args);
    err = s_save (&certificate, secret, public, reason);
    if (!err)
        s_tell (cli, &certificate, secret, public);
    gradmq_certificate_wipe (&certificate);
    return err;
}
