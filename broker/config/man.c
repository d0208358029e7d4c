#include "config/command_line.h"
#include "config/document.h"
#include "metrics/prometheus.h"

#include <string.h>

enum { VALUE_BYTES = 1100, RANGE_BYTES = 256 };

//  Text as roff reads it: no request at the start of a line, dashes as dashes.
static void
s_text (FILE *to, const char *text)
{
    if (text [0] == '.' || text [0] == '\'')
        fputs ("\\&", to);
    for (; *text; text++) {
        if (*text == '\\')
            fputs ("\\e", to);
        else if (*text == '-')
            fputs ("\\-", to);
        else
            fputc (*text, to);
    }
}

//  A paragraph under a bold tag.
static void
s_tag (FILE *to, const char *tag)
{
    fputs (".TP\n\\fB", to);
    s_text (to, tag);
    fputs ("\\fR", to);
}

static void
s_line (FILE *to, const char *text)
{
    s_text (to, text);
    fputc ('\n', to);
}

static void
s_switches (FILE *to)
{
    for (size_t i = 0; i < GRADMQ_SWITCHES; i++) {
        const gradmq_switch_row_t *row = &gradmq_switch_table [i];
        char tag [64];
        if (row->letter)
            snprintf (tag, sizeof tag, "-%c, --%s", row->letter, row->word);
        else
            snprintf (tag, sizeof tag, "--%s", row->word);
        s_tag (to, tag);
        if (row->argument [0])
            fprintf (to, " \\fI%s\\fR", row->argument);
        fputc ('\n', to);
        s_line (to, row->help);
    }
}

static void
s_row (FILE *to, const char *tag, const char *help, const char *range, const char *value)
{
    s_tag (to, tag);
    fputc ('\n', to);
    s_text (to, help);
    fputs (".\n.br\n", to);
    s_text (to, range);
    fputs ("; default: ", to);
    s_line (to, value);
}

static void
s_options (FILE *to)
{
    gradmq_config_t config;
    gradmq_config_init (&config);
    for (gradmq_option_id_t i = 0; i < GRADMQ_OPTIONS; i++) {
        const gradmq_option_row_t *row = &gradmq_option_table [i];
        char value [VALUE_BYTES], range [RANGE_BYTES];
        gradmq_config_format (&config, i, value, sizeof value);
        gradmq_document_option_range (row, range, sizeof range);
        s_row (to, row->path, row->help, range, value [0] ? value : "empty");
    }
}

static void
s_settings (FILE *to)
{
    for (size_t i = 0; i < GRADMQ_SETTINGS; i++) {
        const gradmq_setting_row_t *row = &gradmq_setting_table [i];
        char tag [64], value [GRADMQ_SETTING_TEXT_BYTES], range [RANGE_BYTES];
        snprintf (tag, sizeof tag, "settings/%s", row->name);
        gradmq_document_setting_range (row, range, sizeof range);
        gradmq_document_setting_default (row, value, sizeof value);
        s_row (to, tag, row->help, range, value);
    }
    s_row (to, "settings/groups",
           "tensors by the pattern of their names, and what is different for them; the first match "
           "wins",
           "PATTERN rate_scale=X weight_decay=X l2=X frozen; ...", "none");
}

static void
s_statuses (FILE *to)
{
#define X(name, status, words)                                                                     \
    s_tag (to, #status);                                                                           \
    fputc ('\n', to);                                                                              \
    s_line (to, words);
#include "config/exit.def"
#undef X
}

static void
s_metrics (FILE *to)
{
    gradmq_family_t family;
    for (size_t i = 0; gradmq_prometheus_family (i, &family); i++) {
        s_tag (to, family.name);
        fprintf (to, " (%s)\n", family.type);
        s_line (to, family.help);
    }
}

static void
s_section (FILE *to, const char *name, const char *text)
{
    fprintf (to, ".SH %s\n%s", name, text);
}

static const char s_description [] =
    "\\fBgradmqd\\fR owns the parameters of one model. Workers in any language push gradients to "
    "it\n"
    "over ZeroMQ, subscribe to the updated parameters and control it with requests. It runs in "
    "the\n"
    "foreground and logs to standard error. When its sockets are bound it logs a line that begins\n"
    "with \\(lqready\\(rq.\n"
    ".PP\n"
    "The defaults are enough for one machine. Without CURVE keys every peer that reaches the "
    "control\n"
    "socket may do everything, which is why tcp is bound to loopback only unless\n"
    "\\fBsockets/allow_plain_tcp\\fR is true. With \\fBsecurity/secret\\fR and\n"
    "\\fBsecurity/authorised\\fR only peers with an authorised key come through, on any address;\n"
    "\\fBgradmq keygen\\fR makes keys.\n";

static const char s_file [] =
    "A file in CZMQ's zconfig format. A section stands on a line of its own; its options follow,\n"
    "indented by four spaces, as \\fIkey\\fR = \\fIvalue\\fR. A value may stand in single or "
    "double\n"
    "quotes. # begins a comment. Every option at most once. A path such as \\fBlog/level\\fR "
    "means\n"
    "the option \\fBlevel\\fR of the section \\fBlog\\fR; \\fB\\-\\-set\\fR takes paths.\n"
    ".PP\n.RS\n.nf\nmodel\n    name = \"digits\"\nsettings\n    optimizer = \"adam\"\n"
    "    learning_rate = 0.001\n.fi\n.RE\n";

static const char s_http [] = "With \\fBhttp/listen\\fR there is a page at \\fB/\\fR that follows "
                              "the training, \\fB/metrics\\fR for\n"
                              "Prometheus, \\fB/healthz\\fR (200 while the coordinator goes round "
                              "its loop) and \\fB/readyz\\fR (200 when\n"
                              "a model is loaded, be it running or stopped by will), "
                              "\\fB/status.json\\fR, \\fB/history.json\\fR\n"
                              "(reports on steps since the start, thinned out) and "
                              "\\fB/events\\fR, the same as server-sent events.\n"
                              "It only reads. What is told is at most a second old. Nobody is "
                              "asked for a key, and nothing is\n"
                              "encrypted, whatever the keys of the other sockets: where others may "
                              "read, a proxy in front of it\n"
                              "can ask.\n";

static const char s_signals [] =
    ".TP\n\\fBSIGINT\\fR, \\fBSIGTERM\\fR\nStop: subscribers are told, the sockets are closed, the "
    "exit status is 0.\n"
    ".TP\n\\fBSIGHUP\\fR\nRead the folder of authorised keys again. That happens by itself where "
    "it\n"
    "changes on this machine. Nothing else changes: settings are changed with\n"
    "\\fBgradmq settings\\fR.\n";

static const char s_environment [] =
    ".TP\n\\fBNOTIFY_SOCKET\\fR\nWhere systemd is told READY=1, STOPPING=1 and WATCHDOG=1, as "
    "with\n"
    "Type=notify.\n"
    ".TP\n\\fBWATCHDOG_USEC\\fR, \\fBWATCHDOG_PID\\fR\nHow often systemd waits for a sign of "
    "life.\n"
    "It is sent twice in that time, while the coordinator goes round its loop.\n"
    ".TP\n\\fBCREDENTIALS_DIRECTORY\\fR\nWhere a \\fBsecurity/secret\\fR without a slash is looked "
    "for first, as with LoadCredential=.\n";

static const char s_examples [] =
    ".nf\ngradmqd\ngradmqd -c /etc/gradmq/gradmqd.conf --check\n"
    "gradmqd --set sockets/control=ipc:///run/gradmq/control --set log/form=json\n"
    "gradmqd --set model/load=model.safetensors --set model/start=true\n.fi\n";

void
gradmq_document_man (FILE *to)
{
    fputs (".TH GRADMQD 8 \"\" \"GradMQ " GRADMQ_VERSION "\" \"System administration\"\n", to);
    s_section (to, "NAME", "gradmqd \\- message broker for training: the coordinator\n");
    s_section (
        to, "SYNOPSIS",
        "\\fBgradmqd\\fR [\\fB\\-c\\fR \\fIFILE\\fR] [\\fB\\-\\-set\\fR \\fIKEY=VALUE\\fR ...]\n");
    s_section (to, "DESCRIPTION", s_description);
    s_section (to, "SWITCHES", "");
    s_switches (to);
    s_section (to, "CONFIGURATION FILE", s_file);
    s_section (to, "OPTIONS", "");
    s_options (to);
    s_section (to, "SETTINGS",
               "How gradients become parameters at the start; clients can change them. A setting\n"
               "that the optimizer or schedule in force does not read is refused.\n");
    s_settings (to);
    s_section (to, "HTTP", s_http);
    s_section (
        to, "METRICS",
        "What \\fB/metrics\\fR tells. Each has the label \\fBmodel\\fR; reasons are codes of the\n"
        "protocol.\n");
    s_metrics (to);
    s_section (to, "SIGNALS", s_signals);
    s_section (to, "ENVIRONMENT", s_environment);
    s_section (to, "EXIT STATUS", "");
    s_statuses (to);
    s_section (to, "EXAMPLES", s_examples);
    s_section (to, "SEE ALSO", "\\fBgradmq\\fR(1)\n");
}
