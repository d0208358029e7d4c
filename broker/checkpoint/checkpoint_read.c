#include "checkpoint/checkpoint_form.h"
#include "checkpoint/header.h"
#include "checkpoint/room.h"
#include "core/crc32c.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_checkpoint_file {
    gradmq_checkpoint_t checkpoint;  //  what it points to is below
    gradmq_header_t header;
    size_t tensors;                             //  of the model
    size_t part_count;                          //  how often they are there
    void *parts [GRADMQ_CHECKPOINT_PARTS_MAX];  //  rooms
    char names [GRADMQ_CHECKPOINT_SHADOWS_MAX][GRADMQ_NAME_BYTES_MAX + 1];
    gradmq_checkpoint_count_t *counts;
};

static gradmq_err_t
s_no_memory (const gradmq_source_t *source, gradmq_reason_t *reason)
{
    return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "%.160s: not enough memory for it",
                          source->name);
}

static gradmq_err_t
s_check_format (const gradmq_header_t *header, const gradmq_source_t *source,
                gradmq_reason_t *reason)
{
    const char *format = gradmq_header_value (header, "format");
    if (!format || !gradmq_checkpoint_is_format (format))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.160s: is a safetensors file, but not a checkpoint; as a model it "
                              "can be loaded",
                              source->name);
    if (strcmp (format, GRADMQ_CHECKPOINT_FORMAT) != 0)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "%.160s: is a checkpoint of the format \"%.40s\"; this program reads "
                              "\"%s\"",
                              source->name, format, GRADMQ_CHECKPOINT_FORMAT);
    return GRADMQ_OK;
}

//  Exactly the keys of the table, which stand in the same order.
static gradmq_err_t
s_check_keys (const gradmq_header_t *header, const gradmq_source_t *source, gradmq_reason_t *reason)
{
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_KEYS; i++) {
        const char *due = gradmq_checkpoint_keys [i].name;
        int order = i < header->metadata_count ? strcmp (header->metadata [i].key, due) : 1;
        if (order > 0)
            return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                                  "%.160s: __metadata__ of a checkpoint has \"%s\", and it is not "
                                  "there",
                                  source->name, due);
        if (order < 0)
            return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                                  "%.160s: __metadata__ has \"%.40s\", which no checkpoint has",
                                  source->name, header->metadata [i].key);
    }
    if (header->metadata_count == GRADMQ_CHECKPOINT_KEYS)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "%.160s: __metadata__ has \"%.40s\", which no checkpoint has",
                          source->name, header->metadata [GRADMQ_CHECKPOINT_KEYS].key);
}

//  The tensors before the first one of a state or a shadow are the model's.
static gradmq_err_t
s_make_layout (gradmq_checkpoint_file_t *self, const gradmq_source_t *source,
               gradmq_reason_t *reason)
{
    const gradmq_entry_t *entries = self->header.entries;
    size_t count = 0;
    while (count < self->header.count
           && !strchr (entries [count].name, GRADMQ_CHECKPOINT_SEPARATOR))
        count++;
    self->tensors = count;
    gradmq_tensor_spec_t *specs = calloc (count + 1, sizeof *specs);
    if (!specs)
        return s_no_memory (source, reason);
    for (size_t i = 0; i < count; i++)
        specs [i] = (gradmq_tensor_spec_t){
            .name = entries [i].name, .rank = entries [i].rank, .shape = entries [i].shape};
    gradmq_reason_t why = {0};
    gradmq_err_t err =
        gradmq_layout_open (&self->checkpoint.layout, specs, count, entries [0].dtype->code, &why);
    free (specs);
    if (!err)
        return GRADMQ_OK;
    return gradmq_refuse (reason, err, "%.160s: %.300s", source->name, gradmq_reason_text (&why));
}

//  What part `part` is, by its first tensor's name: the next state or a shadow.
static bool
s_begin_part (gradmq_checkpoint_file_t *self, size_t part)
{
    static const char shadow [] = "shadow ";
    gradmq_checkpoint_t *checkpoint = &self->checkpoint;
    const char *name = self->header.entries [part * self->tensors].name;
    size_t front = strlen (shadow);
    if (strncmp (name, shadow, front) != 0) {
        checkpoint->state_count++;
        return checkpoint->shadow_count == 0
               && checkpoint->state_count <= GRADMQ_CHECKPOINT_STATES_MAX;
    }
    const char *end = strchr (name, GRADMQ_CHECKPOINT_SEPARATOR);
    size_t length = end ? (size_t) (end - name) - front : 0;
    if (!end || length > GRADMQ_NAME_BYTES_MAX
        || checkpoint->shadow_count == GRADMQ_CHECKPOINT_SHADOWS_MAX)
        return false;
    char *to = self->names [checkpoint->shadow_count];
    memcpy (to, name + front, length);
    checkpoint->shadow_names [checkpoint->shadow_count++] = to;
    return true;
}

//  A tensor of a part is the layout's, but for what stands in front of its name.
static bool
s_is_tensor (const gradmq_checkpoint_file_t *self, const char *prefix, const gradmq_entry_t *entry,
             size_t index)
{
    const gradmq_layout_t *layout = self->checkpoint.layout;
    const gradmq_tensor_t *tensor = gradmq_layout_tensor (layout, index);
    size_t length = strlen (prefix);
    if (strncmp (entry->name, prefix, length) != 0
        || strcmp (entry->name + length, tensor->name) != 0)
        return false;
    if (entry->dtype != gradmq_layout_dtype (layout) || entry->rank != tensor->rank)
        return false;
    for (uint32_t i = 0; i < entry->rank; i++)
        if (entry->shape [i] != tensor->shape [i])
            return false;
    return true;
}

static gradmq_err_t
s_check_part (gradmq_checkpoint_file_t *self, size_t part, const gradmq_source_t *source,
              gradmq_reason_t *reason)
{
    char prefix [GRADMQ_PIECE_PREFIX_BYTES];
    const gradmq_entry_t *entries = &self->header.entries [part * self->tensors];
    bool known = part == 0 || s_begin_part (self, part);
    if (known)
        gradmq_checkpoint_prefix (&self->checkpoint, part, prefix);
    for (size_t i = 0; i < self->tensors; i++)
        if (!known || !s_is_tensor (self, prefix, &entries [i], i))
            return gradmq_refuse (
                reason, GRADMQ_ERR_FORMAT,
                "%.160s: tensor \"%.128s\" is not what a checkpoint has in that place, by its "
                "name, its type or its shape",
                source->name, entries [i].name);
    return GRADMQ_OK;
}

//  Hold the tensors of all parts against the layout, which makes them as long as each other.
static gradmq_err_t
s_check_parts (gradmq_checkpoint_file_t *self, const gradmq_source_t *source,
               gradmq_reason_t *reason)
{
    size_t count = self->header.count;
    self->part_count = count / self->tensors;
    if (count % self->tensors || self->part_count > GRADMQ_CHECKPOINT_PARTS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                              "%.160s: has %zu tensors of states and shadows for %zu of the model; "
                              "there can be up to %u for each, as many for one as for another",
                              source->name, count - self->tensors, self->tensors,
                              GRADMQ_CHECKPOINT_PARTS_MAX - 1);
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < self->part_count && !err; i++)
        err = s_check_part (self, i, source, reason);
    return err;
}

static gradmq_err_t
s_read_data (gradmq_checkpoint_file_t *self, const gradmq_source_t *source, uint64_t data_at,
             gradmq_reason_t *reason)
{
    gradmq_checkpoint_t *checkpoint = &self->checkpoint;
    uint64_t bytes = gradmq_layout_bytes (checkpoint->layout);
    gradmq_err_t err = GRADMQ_OK;
    for (size_t i = 0; i < self->part_count && !err; i++) {
        self->parts [i] = gradmq_room_new (bytes);
        if (!self->parts [i])
            return s_no_memory (source, reason);
        err = gradmq_source_read (source, data_at + i * bytes, self->parts [i], bytes, reason);
    }
    checkpoint->parameters = self->parts [0];
    for (size_t i = 0; i < checkpoint->state_count; i++)
        checkpoint->states [i] = self->parts [1 + i];
    for (size_t i = 0; i < checkpoint->shadow_count; i++)
        checkpoint->shadows [i] = self->parts [1 + checkpoint->state_count + i];
    return err;
}

static gradmq_err_t
s_check_sum (const gradmq_checkpoint_file_t *self, const gradmq_source_t *source,
             gradmq_reason_t *reason)
{
    const gradmq_header_t *header = &self->header;
    size_t bytes = (size_t) gradmq_layout_bytes (self->checkpoint.layout);
    uint32_t sum = gradmq_checkpoint_sum_pairs (header->metadata);
    for (size_t i = 0; i < header->count; i++) {
        const gradmq_entry_t *entry = &header->entries [i];
        sum =
            gradmq_checkpoint_sum_head (sum, entry->name, entry->dtype, entry->rank, entry->shape);
    }
    for (size_t i = 0; i < self->part_count; i++)
        sum = gradmq_crc32c (sum, self->parts [i], bytes);
    char text [16];
    snprintf (text, sizeof text, "%08" PRIx32, sum);
    const char *stated = header->metadata [GRADMQ_CHECKPOINT_KEY_checksum].value;
    if (strcmp (text, stated) == 0)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                          "%.160s: is damaged: it states the checksum \"%.16s\", and what is in it "
                          "comes to %s; go on from another checkpoint",
                          source->name, stated, text);
}

//  What stands in __metadata__, and whether a checkpoint can have it.
static gradmq_err_t
s_read_pairs (gradmq_checkpoint_file_t *self, const gradmq_source_t *source,
              gradmq_reason_t *reason)
{
    self->counts = calloc (self->tensors, sizeof *self->counts);
    if (!self->counts)
        return s_no_memory (source, reason);
    gradmq_reason_t why = {0};
    gradmq_err_t err =
        gradmq_checkpoint_read_pairs (&self->checkpoint, self->header.metadata, self->counts, &why);
    if (!err)
        err = gradmq_checkpoint_check (&self->checkpoint, &why);
    if (!err)
        return GRADMQ_OK;
    return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.160s: %.300s", source->name,
                          gradmq_reason_text (&why));
}

//  A model's file may have types, shapes and names that are not for us; a checkpoint that has them was
//  changed after it was written.
static gradmq_err_t
s_say_damaged (gradmq_err_t err, gradmq_reason_t *reason)
{
    if (!err || err == GRADMQ_ERR_IO || err == GRADMQ_ERR_MEMORY)
        return err;
    if (reason)
        reason->code = GRADMQ_ERR_FORMAT;
    return GRADMQ_ERR_FORMAT;
}

static gradmq_err_t
s_read (gradmq_checkpoint_file_t **self_p, const gradmq_source_t *source, gradmq_reason_t *reason)
{
    uint64_t data_at = 0;
    gradmq_checkpoint_file_t *self = calloc (1, sizeof *self);
    if (!self)
        return s_no_memory (source, reason);
    gradmq_err_t err =
        s_say_damaged (gradmq_header_load (&self->header, source, &data_at, reason), reason);
    if (!err)
        err = s_check_format (&self->header, source, reason);
    if (!err)
        err = s_check_keys (&self->header, source, reason);
    if (!err)
        err = s_say_damaged (s_make_layout (self, source, reason), reason);
    if (!err)
        err = s_check_parts (self, source, reason);
    if (!err)
        err = s_read_data (self, source, data_at, reason);
    if (!err)
        err = s_check_sum (self, source, reason);
    if (!err)
        err = s_read_pairs (self, source, reason);
    if (err)
        gradmq_checkpoint_file_destroy (&self);
    *self_p = self;
    return err;
}

gradmq_err_t
gradmq_checkpoint_read (gradmq_checkpoint_file_t **self_p, const char *path,
                        gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_source_t source;
    gradmq_err_t err = gradmq_source_open (&source, path, reason);
    if (err)
        return err;
    err = s_read (self_p, &source, reason);
    gradmq_source_close (&source);
    return err;
}

gradmq_err_t
gradmq_checkpoint_parse (gradmq_checkpoint_file_t **self_p, const void *bytes, size_t size,
                         gradmq_reason_t *reason)
{
    *self_p = NULL;
    gradmq_source_t source = {.name = "memory", .size = size, .fd = -1, .bytes = bytes};
    return s_read (self_p, &source, reason);
}

const gradmq_checkpoint_t *
gradmq_checkpoint_of (const gradmq_checkpoint_file_t *self)
{
    return &self->checkpoint;
}

void
gradmq_checkpoint_file_destroy (gradmq_checkpoint_file_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_checkpoint_file_t *self = *self_p;
    gradmq_layout_release (&self->checkpoint.layout);
    gradmq_header_free (&self->header);
    for (size_t i = 0; i < GRADMQ_CHECKPOINT_PARTS_MAX; i++)
        gradmq_room_free (self->parts [i]);
    free (self->counts);
    free (self);
    *self_p = NULL;
}
