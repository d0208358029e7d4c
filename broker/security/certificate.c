#include "security/certificate.h"

#include "core/name.h"
#include "core/zpl.h"
#include "security/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

bool
gradmq_key_valid (const char *text)
{
    uint8_t raw [GRADMQ_KEY_BYTES / 5 * 4 + 1];
    return strnlen (text, GRADMQ_KEY_BYTES + 1) == GRADMQ_KEY_BYTES && zmq_z85_decode (raw, text);
}

void
gradmq_certificate_wipe (gradmq_certificate_t *self)
{
    explicit_bzero (self->secret_key, sizeof self->secret_key);
}

//  --------------------------------------------------------------------------------------------
//  Reading

static gradmq_err_t
s_take_key (char to [GRADMQ_KEY_BYTES + 1], const char *path, const char *value,
            gradmq_reason_t *reason)
{
    //  The value is not repeated: it may be a secret.
    if (!gradmq_key_valid (value))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%s is not a key: 40 characters of Z85",
                              path);
    memcpy (to, value, GRADMQ_KEY_BYTES + 1);
    return GRADMQ_OK;
}

static gradmq_err_t
s_take_role (gradmq_certificate_t *self, const char *value, gradmq_reason_t *reason)
{
    static const char roles [] = ""
#define X(NAME, name, help) " " #name
#include "security/role.def"
#undef X
        ;
    self->has_role = gradmq_role_named (value, &self->role);
    if (self->has_role)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "metadata/role is \"%.80s\"; it can be:%s",
                          value, roles);
}

static gradmq_err_t
s_take_workers (gradmq_certificate_t *self, const char *value, gradmq_reason_t *reason)
{
    if (strlen (value) > GRADMQ_WORKERS_BYTES_MAX || !gradmq_role_names_valid (value))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "metadata/workers is \"%.80s\"; it can be names of workers with "
                              "commas between, \"*\" and \"?\" in them for any characters and one, "
                              "%u bytes at most",
                              value, GRADMQ_WORKERS_BYTES_MAX);
    snprintf (self->workers, sizeof self->workers, "%s", value);
    return GRADMQ_OK;
}

//  One line. Metadata that is not ours may say anything.
static gradmq_err_t
s_take (gradmq_certificate_t *self, const char *path, const char *value, gradmq_reason_t *reason)
{
    if (!value)
        return GRADMQ_OK;
    if (strcmp (path, "curve/public-key") == 0)
        return s_take_key (self->public_key, path, value, reason);
    if (strcmp (path, "curve/secret-key") == 0)
        return s_take_key (self->secret_key, path, value, reason);
    if (strcmp (path, "metadata/role") == 0)
        return s_take_role (self, value, reason);
    if (strcmp (path, "metadata/workers") == 0)
        return s_take_workers (self, value, reason);
    if (strcmp (path, "metadata/name") != 0)
        return GRADMQ_OK;
    if (!gradmq_name_valid (value))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "metadata/name is \"%.80s\"; it can be 1 to %u letters, digits, _ - "
                              "and ., and does not begin with - or .",
                              value, GRADMQ_NAME_BYTES_MAX);
    snprintf (self->name, sizeof self->name, "%s", value);
    return GRADMQ_OK;
}

//  The keys that have to be there, and belong together.
static gradmq_err_t
s_check (const gradmq_certificate_t *self, gradmq_reason_t *reason)
{
    char derived [GRADMQ_KEY_BYTES + 1];
    if (!self->public_key [0])
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "it has no curve/public-key; is it a certificate?");
    if (self->secret_key [0]
        && (zmq_curve_public (derived, self->secret_key)
            || strcmp (derived, self->public_key) != 0))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "its public key is not that of its secret key");
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_certificate_read (gradmq_certificate_t *self, const char *file, const char *text,
                         size_t size, gradmq_reason_t *reason)
{
    gradmq_zpl_t reader;
    gradmq_zpl_item_t item;
    gradmq_reason_t why = {0};
    gradmq_err_t err = GRADMQ_OK;
    memset (self, 0, sizeof *self);
    gradmq_zpl_open (&reader, "line", text, size);
    do {
        err = gradmq_zpl_next (&reader, &item, &why);
        if (!err && item.path)
            err = s_take (self, item.path, item.value, &why);
    } while (!err && item.path);
    explicit_bzero (&reader, sizeof reader);
    if (!err)
        err = s_check (self, &why);
    if (!err)
        return GRADMQ_OK;
    gradmq_certificate_wipe (self);
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.200s: %.390s", file, why.text);
}

gradmq_err_t
gradmq_certificate_load_secret (gradmq_certificate_t *self, const char *path,
                                gradmq_reason_t *reason)
{
    char text [GRADMQ_CERTIFICATE_BYTES_MAX];
    size_t size;
    gradmq_err_t err = gradmq_file_read (AT_FDCWD, path, GRADMQ_FILE_SECRET, text, &size, reason);
    if (!err)
        err = gradmq_certificate_read (self, path, text, size, reason);
    explicit_bzero (text, sizeof text);
    if (err || self->secret_key [0])
        return err;
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "%.200s has a public key only; what is needed here is the file that ends "
                          "in .secret",
                          path);
}

gradmq_err_t
gradmq_certificate_load_public (gradmq_certificate_t *self, int folder, const char *path,
                                gradmq_reason_t *reason)
{
    char text [GRADMQ_CERTIFICATE_BYTES_MAX];
    size_t size;
    gradmq_err_t err = gradmq_file_read (folder, path, GRADMQ_FILE_PUBLIC, text, &size, reason);
    if (!err)
        err = gradmq_certificate_read (self, path, text, size, reason);
    explicit_bzero (text, sizeof text);
    return err;
}

//  --------------------------------------------------------------------------------------------
//  Making and writing

gradmq_err_t
gradmq_certificate_make (gradmq_certificate_t *self, gradmq_reason_t *reason)
{
    memset (self, 0, sizeof *self);
    if (zmq_curve_keypair (self->public_key, self->secret_key) == 0)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED, "this ZeroMQ cannot make a key: %s",
                          zmq_strerror (errno));
}

gradmq_err_t
gradmq_certificate_save (const gradmq_certificate_t *self, const char *path, bool secret,
                         gradmq_reason_t *reason)
{
    char text [GRADMQ_CERTIFICATE_BYTES_MAX];
    size_t size = sizeof text;
    int at = snprintf (text, size, "%s\n\nmetadata\n",
                       secret ? "#   A CURVE key of GradMQ. SECRET: who can read this file can act "
                                "as its owner."
                              : "#   The public part of a CURVE key of GradMQ.");
    if (self->name [0])
        at += snprintf (text + at, size - (size_t) at, "    name = \"%s\"\n", self->name);
    if (self->has_role)
        at += snprintf (text + at, size - (size_t) at, "    role = \"%s\"\n",
                        gradmq_role_name (self->role));
    if (self->workers [0])
        at += snprintf (text + at, size - (size_t) at, "    workers = \"%s\"\n", self->workers);
    at += snprintf (text + at, size - (size_t) at, "curve\n    public-key = \"%s\"\n",
                    self->public_key);
    if (secret)
        at +=
            snprintf (text + at, size - (size_t) at, "    secret-key = \"%s\"\n", self->secret_key);
    gradmq_err_t err = gradmq_file_write (path, secret, text, (size_t) at, reason);
    explicit_bzero (text, sizeof text);
    return err;
}
