//  Any bytes as a checkpoint: refused with a reason, or one whose parts are all there. The checksum is
//  made right where it stands, so that what it guards is reached.

#include "fuzz.h"

#include "checkpoint/checkpoint.h"

#include <string.h>

//  Every byte of a part is there and was written.
static void
s_sum (const void *part, uint64_t bytes)
{
    const unsigned char *at = part;
    volatile unsigned char sum = 0;
    FUZZ_HOLDS (at);
    for (uint64_t i = 0; i < bytes; i++)
        sum = (unsigned char) (sum ^ at [i]);
}

static void
s_check (const gradmq_checkpoint_t *checkpoint)
{
    uint64_t bytes = gradmq_layout_bytes (checkpoint->layout);
    FUZZ_HOLDS (checkpoint->state_count <= GRADMQ_CHECKPOINT_STATES_MAX);
    FUZZ_HOLDS (checkpoint->shadow_count <= GRADMQ_CHECKPOINT_SHADOWS_MAX);
    s_sum (checkpoint->parameters, bytes);
    for (size_t i = 0; i < checkpoint->state_count; i++)
        s_sum (checkpoint->states [i], bytes);
    for (size_t i = 0; i < checkpoint->shadow_count; i++) {
        s_sum (checkpoint->shadows [i], bytes);
        FUZZ_HOLDS (checkpoint->shadow_names [i][0]);
    }
    for (size_t i = 0; i < gradmq_layout_count (checkpoint->layout); i++) {
        const gradmq_checkpoint_count_t *count = &checkpoint->counts [i];
        FUZZ_HOLDS (count->count <= GRADMQ_CHECKPOINT_COUNT_MAX);
        for (size_t k = 0; k < 2; k++)
            FUZZ_HOLDS (count->running [k] >= 0 && count->running [k] <= 1);
    }
    FUZZ_HOLDS (checkpoint->model && checkpoint->settings && checkpoint->workers);
}

static gradmq_err_t
s_parse (const uint8_t *data, size_t size, gradmq_reason_t *why)
{
    gradmq_checkpoint_file_t *file;
    gradmq_err_t err = gradmq_checkpoint_parse (&file, data, size, why);
    FUZZ_HOLDS (err ? !file && why->text [0] && why->code == err : file != NULL);
    if (!err)
        s_check (gradmq_checkpoint_of (file));
    gradmq_checkpoint_file_destroy (&file);
    return err;
}

//  Put the checksum that the reason tells where the file states its own.
static void
s_seal (uint8_t *data, size_t size, const char *why)
{
    static const char key [] = "\"checksum\":\"", told [] = "comes to ";
    enum { DIGITS = 8 };
    const char *sum = strstr (why, told);
    uint8_t *place = memmem (data, size, key, strlen (key));
    size_t past = place ? (size_t) (place - data) + strlen (key) : size;
    if (sum && size - past >= DIGITS)
        memcpy (data + past, sum + strlen (told), DIGITS);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    gradmq_reason_t why = {0};
    if (!s_parse (data, size, &why) || !strstr (why.text, "is damaged"))
        return 0;
    uint8_t *copy = malloc (size);
    if (!copy)
        return 0;
    memcpy (copy, data, size);
    s_seal (copy, size, why.text);
    s_parse (copy, size, &why);
    free (copy);
    return 0;
}
