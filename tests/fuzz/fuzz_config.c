//  Any bytes as a configuration file: refused with a line, or read, and then the same when it is
//  printed and read again. What our reader accepts means the same to zconfig. Behind a first byte of
//  0 the rest is the text of groups.

#include "fuzz.h"

#include "config/document.h"
#include "core/zpl.h"
#include "settings/group.h"

#include <czmq.h>
#include <string.h>

//  The node of zconfig's tree behind `node` in the order of the file; *level is that of `node`.
static zconfig_t *
s_next (zconfig_t *root, zconfig_t **above, size_t *level, zconfig_t *node)
{
    if (zconfig_child (node)) {
        above [(*level)++] = node;
        return zconfig_child (node);
    }
    while (node != root && !zconfig_next (node) && *level)
        node = above [--*level];
    return node == root ? NULL : zconfig_next (node);
}

//  Hold our reader's items against zconfig's.
static void
s_compare (const char *text, size_t size)
{
    zconfig_t *root = zconfig_str_load (text), *node = root;
    FUZZ_HOLDS (root != NULL);
    zconfig_t *above [GRADMQ_ZPL_LEVELS_MAX + 1] = {root};
    size_t level = 0;
    gradmq_zpl_t reader;
    gradmq_zpl_item_t item;
    gradmq_zpl_open (&reader, "fuzz", text, size);
    for (;;) {
        FUZZ_HOLDS (!gradmq_zpl_next (&reader, &item, NULL));
        node = s_next (root, above, &level, node);
        FUZZ_HOLDS ((node != NULL) == (item.path != NULL));
        if (!node)
            break;
        const char *slash = strrchr (item.path, '/');
        FUZZ_HOLDS (streq (slash ? slash + 1 : item.path, zconfig_name (node)));
        FUZZ_HOLDS (streq (item.value ? item.value : "", zconfig_value (node)));
    }
    zconfig_destroy (&root);
}

//  True when our reader takes the whole text.
static bool
s_accepted (const char *text, size_t size)
{
    gradmq_zpl_t reader;
    gradmq_zpl_item_t item = {.path = ""};
    gradmq_reason_t why = {0};
    gradmq_zpl_open (&reader, "fuzz", text, size);
    while (item.path)
        if (gradmq_zpl_next (&reader, &item, &why)) {
            FUZZ_HOLDS (strncmp (why.text, "fuzz:", 5) == 0);
            return false;
        }
    return true;
}

static void
s_print_and_read (const gradmq_config_t *config)
{
    static gradmq_config_t again;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream (&text, &size);
    FUZZ_HOLDS (stream != NULL);
    gradmq_document_config (stream, config);
    FUZZ_HOLDS (fclose (stream) == 0);
    gradmq_config_init (&again);
    //  Groups can become longer than a line when they are printed in full.
    if (!gradmq_config_read (&again, "printed", text, size, NULL))
        FUZZ_HOLDS (memcmp (&again, config, sizeof again) == 0);
    free (text);
}

static void
s_try_groups (const char *text)
{
    static gradmq_settings_t settings, again;
    static char printed [GRADMQ_GROUPS_TEXT_BYTES];
    gradmq_reason_t why = {0};
    gradmq_settings_init (&settings);
    gradmq_settings_init (&again);
    if (gradmq_groups_parse (&settings, text, &why)) {
        FUZZ_HOLDS (why.text [0] && !settings.groups_given);
        return;
    }
    FUZZ_HOLDS (gradmq_groups_format (&settings, printed, sizeof printed) < sizeof printed);
    FUZZ_HOLDS (!gradmq_groups_parse (&again, printed, NULL));
    FUZZ_HOLDS (memcmp (&again, &settings, sizeof again) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static gradmq_config_t config;
    char *text = malloc (size + 1);
    if (!text)
        return 0;
    memcpy (text, data, size);
    text [size] = 0;
    if (size && !text [0])
        s_try_groups (text + 1);
    if (s_accepted (text, size))
        s_compare (text, size);
    gradmq_config_init (&config);
    gradmq_reason_t why = {0};
    if (gradmq_config_read (&config, "fuzz", text, size, &why))
        FUZZ_HOLDS (strncmp (why.text, "fuzz:", 5) == 0);
    else
        s_print_and_read (&config);
    if (gradmq_config_check (&config, &why))
        FUZZ_HOLDS (why.text [0]);
    free (text);
    return 0;
}
