#include "checkpoint/header.h"

#include "checkpoint/json_reader.h"
#include "core/size.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

//  One reading.
typedef struct {
    gradmq_header_t *header;
    size_t room, metadata_room;
    gradmq_json_reader_t json;
    const char *path;
    gradmq_reason_t *reason;
} s_reading_t;

//  What stands in the file is not JSON, or not the JSON that is expected at that place.
static gradmq_err_t
s_unexpected (s_reading_t *self, const char *where)
{
    return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                          "%.160s: header, byte %zu: expected %s in %.128s", self->path,
                          self->json.at, self->json.wrong, where);
}

static gradmq_err_t
s_wrong_tensor (s_reading_t *self, gradmq_err_t code, const char *name, const char *what)
{
    return gradmq_refuse (self->reason, code, "%.160s: tensor \"%.128s\" %s", self->path, name,
                          what);
}

//  Room for one more element of `size` bytes in *items.
static bool
s_grow (void **items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 16;
    void *larger = realloc (*items, more * size);
    if (!larger)
        return false;
    *items = larger;
    *room = more;
    return true;
}

static gradmq_err_t
s_read_metadata (s_reading_t *self)
{
    static const char where [] = "__metadata__";
    gradmq_json_reader_t *json = &self->json;
    gradmq_header_t *header = self->header;
    if (!gradmq_json_take (json, '{', "an object"))
        return s_unexpected (self, where);
    if (gradmq_json_next_is (json, '}'))
        return GRADMQ_OK;
    do {
        if (header->metadata_count == GRADMQ_SAFETENSORS_METADATA_MAX)
            return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                                  "%.160s: __metadata__ has more than %u keys", self->path,
                                  GRADMQ_SAFETENSORS_METADATA_MAX);
        void *pairs = header->metadata;
        bool grown = s_grow (&pairs, header->metadata_count, &self->metadata_room,
                             sizeof (gradmq_metadata_t));
        header->metadata = pairs;
        if (!grown)
            return gradmq_refuse (self->reason, GRADMQ_ERR_MEMORY, "out of memory");
        gradmq_metadata_t *pair = &header->metadata [header->metadata_count];
        if (!gradmq_json_take_string (json, &pair->key) || !gradmq_json_take (json, ':', "a colon")
            || !gradmq_json_take_string (json, &pair->value))
            return s_unexpected (self, where);
        header->metadata_count++;
    } while (gradmq_json_next_is (json, ','));
    return gradmq_json_take (json, '}', "a comma or }") ? GRADMQ_OK : s_unexpected (self, where);
}

static gradmq_err_t
s_read_dtype (s_reading_t *self, gradmq_entry_t *entry)
{
    const char *name;
    if (!gradmq_json_take_string (&self->json, &name))
        return s_unexpected (self, entry->name);
    entry->dtype = gradmq_dtype_named (name);
    if (entry->dtype && strcmp (entry->dtype->name, name) == 0)
        return GRADMQ_OK;
    return gradmq_refuse (self->reason, GRADMQ_ERR_UNSUPPORTED,
                          "%.160s: tensor \"%.128s\" is of type \"%.16s\"; it can be F32, F64, F16 "
                          "or BF16",
                          self->path, entry->name, name);
}

static gradmq_err_t
s_read_shape (s_reading_t *self, gradmq_entry_t *entry)
{
    gradmq_json_reader_t *json = &self->json;
    if (!gradmq_json_take (json, '[', "an array"))
        return s_unexpected (self, entry->name);
    if (gradmq_json_next_is (json, ']'))
        return GRADMQ_OK;
    do {
        uint64_t dimension;
        if (!gradmq_json_take_u64 (json, &dimension))
            return s_unexpected (self, entry->name);
        if (dimension == 0)
            return s_wrong_tensor (self, GRADMQ_ERR_SHAPE, entry->name,
                                   "has a dimension of 0; a model's tensors have elements");
        if (entry->rank == GRADMQ_RANK_MAX)
            return s_wrong_tensor (self, GRADMQ_ERR_SHAPE, entry->name,
                                   "has more than 8 dimensions");
        entry->shape [entry->rank++] = dimension;
    } while (gradmq_json_next_is (json, ','));
    return gradmq_json_take (json, ']', "a comma or ]") ? GRADMQ_OK
                                                        : s_unexpected (self, entry->name);
}

static gradmq_err_t
s_read_offsets (s_reading_t *self, gradmq_entry_t *entry)
{
    gradmq_json_reader_t *json = &self->json;
    if (!gradmq_json_take (json, '[', "an array of two numbers")
        || !gradmq_json_take_u64 (json, &entry->begin)
        || !gradmq_json_take (json, ',', "two numbers") || !gradmq_json_take_u64 (json, &entry->end)
        || !gradmq_json_take (json, ']', "no more than two numbers"))
        return s_unexpected (self, entry->name);
    return GRADMQ_OK;
}

static const struct {
    const char *key;
    gradmq_err_t (*read) (s_reading_t *self, gradmq_entry_t *entry);
} s_keys [] = {{"dtype", s_read_dtype}, {"shape", s_read_shape}, {"data_offsets", s_read_offsets}};

enum { KEYS = sizeof s_keys / sizeof s_keys [0] };

static gradmq_err_t
s_read_key (s_reading_t *self, gradmq_entry_t *entry, bool seen [KEYS])
{
    const char *key;
    if (!gradmq_json_take_string (&self->json, &key)
        || !gradmq_json_take (&self->json, ':', "a colon"))
        return s_unexpected (self, entry->name);
    size_t which = 0;
    while (which < KEYS && strcmp (s_keys [which].key, key) != 0)
        which++;
    if (which == KEYS)
        return gradmq_refuse (
            self->reason, GRADMQ_ERR_FORMAT,
            "%.160s: tensor \"%.128s\" has a key \"%.40s\"; it can have dtype, shape, data_offsets",
            self->path, entry->name, key);
    if (seen [which])
        return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                              "%.160s: tensor \"%.128s\" has the key \"%s\" twice", self->path,
                              entry->name, key);
    seen [which] = true;
    return s_keys [which].read (self, entry);
}

//  The tensor's bytes are as many as its shape and type make.
static gradmq_err_t
s_check_bytes (s_reading_t *self, const gradmq_entry_t *entry)
{
    uint64_t bytes = entry->dtype->size;
    for (uint32_t i = 0; i < entry->rank; i++)
        if (!gradmq_size_mul (bytes, entry->shape [i], &bytes))
            return s_wrong_tensor (self, GRADMQ_ERR_FORMAT, entry->name,
                                   "has more bytes than 64 bits can count");
    if (entry->end < entry->begin)
        return s_wrong_tensor (self, GRADMQ_ERR_FORMAT, entry->name, "ends before it begins");
    if (entry->end - entry->begin == bytes)
        return GRADMQ_OK;
    return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                          "%.160s: tensor \"%.128s\" has %" PRIu64
                          " bytes of data; its shape and type make %" PRIu64,
                          self->path, entry->name, entry->end - entry->begin, bytes);
}

static gradmq_err_t
s_read_tensor (s_reading_t *self, gradmq_entry_t *entry)
{
    bool seen [KEYS] = {false};
    gradmq_err_t err = GRADMQ_OK;
    if (!gradmq_json_take (&self->json, '{', "an object"))
        return s_unexpected (self, entry->name);
    do
        err = s_read_key (self, entry, seen);
    while (!err && gradmq_json_next_is (&self->json, ','));
    if (err)
        return err;
    if (!gradmq_json_take (&self->json, '}', "a comma or }"))
        return s_unexpected (self, entry->name);
    for (size_t i = 0; i < KEYS; i++)
        if (!seen [i])
            return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                                  "%.160s: tensor \"%.128s\" has no %s", self->path, entry->name,
                                  s_keys [i].key);
    return s_check_bytes (self, entry);
}

static gradmq_err_t
s_add_tensor (s_reading_t *self, const char *name)
{
    gradmq_header_t *header = self->header;
    if (header->count == GRADMQ_HEADER_ENTRIES_MAX)
        return gradmq_refuse (
            self->reason, GRADMQ_ERR_SHAPE,
            "%.160s: has more than %u tensors, which is the most a checkpoint can have", self->path,
            GRADMQ_HEADER_ENTRIES_MAX);
    void *entries = header->entries;
    bool grown = s_grow (&entries, header->count, &self->room, sizeof (gradmq_entry_t));
    header->entries = entries;
    if (!grown)
        return gradmq_refuse (self->reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_entry_t *entry = &header->entries [header->count++];
    *entry = (gradmq_entry_t){.name = name};
    return s_read_tensor (self, entry);
}

//  The header's object: metadata, at most once, and tensors.
static gradmq_err_t
s_read_object (s_reading_t *self)
{
    gradmq_json_reader_t *json = &self->json;
    if (!gradmq_json_take (json, '{', "an object"))
        return s_unexpected (self, "the header");
    if (gradmq_json_next_is (json, '}'))
        return GRADMQ_OK;
    bool metadata = false;
    do {
        const char *name;
        if (!gradmq_json_take_string (json, &name) || !gradmq_json_take (json, ':', "a colon"))
            return s_unexpected (self, "the header");
        bool is_metadata = strcmp (name, "__metadata__") == 0;
        if (is_metadata && metadata)
            return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                                  "%.160s: the header has __metadata__ twice", self->path);
        metadata |= is_metadata;
        gradmq_err_t err = is_metadata ? s_read_metadata (self) : s_add_tensor (self, name);
        if (err)
            return err;
    } while (gradmq_json_next_is (json, ','));
    return gradmq_json_take (json, '}', "a comma or }") ? GRADMQ_OK
                                                        : s_unexpected (self, "the header");
}

static int
s_by_key (const void *a, const void *b)
{
    return strcmp (((const gradmq_metadata_t *) a)->key, ((const gradmq_metadata_t *) b)->key);
}

const char *
gradmq_metadata_sort (gradmq_metadata_t *pairs, size_t count)
{
    if (count == 0)
        return NULL;
    qsort (pairs, count, sizeof *pairs, s_by_key);
    for (size_t i = 1; i < count; i++)
        if (strcmp (pairs [i - 1].key, pairs [i].key) == 0)
            return pairs [i].key;
    return NULL;
}

static int
s_by_name (const void *a, const void *b)
{
    return strcmp (((const gradmq_entry_t *) a)->name, ((const gradmq_entry_t *) b)->name);
}

static int
s_by_begin (const void *a, const void *b)
{
    uint64_t first = ((const gradmq_entry_t *) a)->begin;
    uint64_t second = ((const gradmq_entry_t *) b)->begin;
    return first < second ? -1 : first > second;
}

static gradmq_err_t
s_check_duplicates (s_reading_t *self)
{
    gradmq_header_t *header = self->header;
    const char *key = gradmq_metadata_sort (header->metadata, header->metadata_count);
    if (key)
        return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                              "%.160s: __metadata__ has the key \"%.128s\" twice", self->path, key);
    qsort (header->entries, header->count, sizeof *header->entries, s_by_name);
    for (size_t i = 1; i < header->count; i++)
        if (strcmp (header->entries [i - 1].name, header->entries [i].name) == 0)
            return s_wrong_tensor (self, GRADMQ_ERR_FORMAT, header->entries [i].name,
                                   "is there twice");
    return GRADMQ_OK;
}

//  Every byte of the data belongs to exactly one tensor.
static gradmq_err_t
s_check_coverage (s_reading_t *self, uint64_t data_bytes)
{
    gradmq_header_t *header = self->header;
    uint64_t covered = 0;
    qsort (header->entries, header->count, sizeof *header->entries, s_by_begin);
    for (size_t i = 0; i < header->count; i++) {
        const gradmq_entry_t *entry = &header->entries [i];
        if (entry->begin != covered)
            return gradmq_refuse (self->reason, GRADMQ_ERR_FORMAT,
                                  "%.160s: tensor \"%.128s\" begins at byte %" PRIu64
                                  " of the data, %s at byte %" PRIu64,
                                  self->path, entry->name, entry->begin,
                                  entry->begin > covered ? "after a hole that begins"
                                                         : "inside of another, which ends",
                                  covered);
        covered = entry->end;
    }
    if (covered == data_bytes)
        return GRADMQ_OK;
    return gradmq_refuse (
        self->reason, GRADMQ_ERR_FORMAT,
        "%.160s: the tensors take %" PRIu64 " bytes of data, the file has %" PRIu64 "%s",
        self->path, covered, data_bytes, covered > data_bytes ? "; it was cut" : "");
}

gradmq_err_t
gradmq_header_read (gradmq_header_t *self, char *text, size_t size, uint64_t data_bytes,
                    const char *path, gradmq_reason_t *reason)
{
    s_reading_t reading = {
        .header = self, .json = gradmq_json_reader (text, size), .path = path, .reason = reason};
    *self = (gradmq_header_t){.text = text};
    if (size == 0 || text [0] != '{')
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "%.160s: the header does not begin with {",
                              path);
    gradmq_err_t err = s_read_object (&reading);
    if (!err && !gradmq_json_take_end (&reading.json))
        err = s_unexpected (&reading, "the header");
    if (!err && self->count == 0)
        err = gradmq_refuse (reason, GRADMQ_ERR_SHAPE, "%.160s: has no tensor", path);
    if (!err)
        err = s_check_duplicates (&reading);
    return err ? err : s_check_coverage (&reading, data_bytes);
}

void
gradmq_header_free (gradmq_header_t *self)
{
    free (self->entries);
    free (self->metadata);
    free (self->text);
    *self = (gradmq_header_t){0};
}

const char *
gradmq_header_value (const gradmq_header_t *self, const char *key)
{
    for (size_t i = 0; i < self->metadata_count; i++)
        if (strcmp (self->metadata [i].key, key) == 0)
            return self->metadata [i].value;
    return NULL;
}
