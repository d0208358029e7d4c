#include "tensor/layout.h"

#include "core/bytes.h"
#include "core/name.h"
#include "core/random.h"
#include "core/size.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct gradmq_layout {
    atomic_size_t references;
    uint64_t id;
    const gradmq_dtype_t *dtype;
    uint64_t elements;
    size_t count;
    gradmq_tensor_t tensors [];
};

#define S_MAGIC "gradmq.layout.v1\n"

static gradmq_err_t
s_check_shape (const gradmq_tensor_spec_t *spec, uint64_t *elements, gradmq_reason_t *reason)
{
    if (spec->rank > GRADMQ_RANK_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_SHAPE,
                              "tensor '%s' has %" PRIu32 " dimensions; at most %u are possible",
                              spec->name, spec->rank, GRADMQ_RANK_MAX);
    *elements = 1;
    for (uint32_t i = 0; i < spec->rank; i++) {
        if (spec->shape [i] == 0)
            return gradmq_refuse (reason, GRADMQ_ERR_SHAPE,
                                  "dimension %" PRIu32 " of tensor '%s' is 0; each is at least 1",
                                  i, spec->name);
        if (!gradmq_size_mul (*elements, spec->shape [i], elements)
            || *elements > GRADMQ_ELEMENTS_MAX)
            return gradmq_refuse (reason, GRADMQ_ERR_SHAPE,
                                  "tensor '%s' has more than 2^40 elements", spec->name);
    }
    return GRADMQ_OK;
}

static gradmq_err_t
s_fill_tensor (gradmq_layout_t *self, size_t index, const gradmq_tensor_spec_t *spec,
               gradmq_reason_t *reason)
{
    if (!gradmq_tensor_name_valid (spec->name))
        return gradmq_refuse (reason, GRADMQ_ERR_NAME,
                              "tensor %zu has a name that is not 1 to %u octets of UTF-8 without "
                              "control characters, or is __metadata__",
                              index, GRADMQ_TENSOR_NAME_BYTES_MAX);
    uint64_t elements = 0;
    gradmq_err_t rc = s_check_shape (spec, &elements, reason);
    if (rc)
        return rc;
    if (self->elements + elements > GRADMQ_ELEMENTS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_SHAPE,
                              "with tensor '%s' the layout has more than 2^40 elements",
                              spec->name);
    gradmq_tensor_t *tensor = &self->tensors [index];
    strcpy (tensor->name, spec->name);
    tensor->rank = spec->rank;
    if (spec->rank)
        memcpy (tensor->shape, spec->shape, spec->rank * sizeof *spec->shape);
    tensor->elements = elements;
    tensor->first = self->elements;
    tensor->rows = spec->rank > 1 ? spec->shape [0] : elements;
    tensor->row = elements / tensor->rows;
    self->elements += elements;
    return GRADMQ_OK;
}

static int
s_compare_names (const void *a, const void *b)
{
    const gradmq_tensor_t *const *first = a;
    const gradmq_tensor_t *const *second = b;
    return strcmp ((*first)->name, (*second)->name);
}

static gradmq_err_t
s_check_unique (const gradmq_layout_t *self, gradmq_reason_t *reason)
{
    const gradmq_tensor_t **sorted = malloc (self->count * sizeof (gradmq_tensor_t *));
    if (!sorted)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu tensors", self->count);
    for (size_t i = 0; i < self->count; i++)
        sorted [i] = &self->tensors [i];
    qsort (sorted, self->count, sizeof *sorted, s_compare_names);
    gradmq_err_t rc = GRADMQ_OK;
    for (size_t i = 1; i < self->count && !rc; i++)
        if (strcmp (sorted [i - 1]->name, sorted [i]->name) == 0)
            rc = gradmq_refuse (reason, GRADMQ_ERR_NAME,
                                "two tensors are named '%s'; names are unique in a layout",
                                sorted [i]->name);
    free (sorted);
    return rc;
}

//  Rule L-2.
static gradmq_err_t
s_make_id (gradmq_layout_t *self, gradmq_reason_t *reason)
{
    size_t size = strlen (S_MAGIC) + 8;
    for (size_t i = 0; i < self->count; i++)
        size += 8 + strlen (self->tensors [i].name) + 8u * self->tensors [i].rank;
    uint8_t *canonical = malloc (size);
    if (!canonical)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for the layout's id");
    uint8_t *at = canonical;
    memcpy (at, S_MAGIC, strlen (S_MAGIC));
    at += strlen (S_MAGIC);
    gradmq_put_u32 (at, self->dtype->code);
    gradmq_put_u32 (at + 4, (uint32_t) self->count);
    at += 8;
    for (size_t i = 0; i < self->count; i++) {
        const gradmq_tensor_t *tensor = &self->tensors [i];
        size_t length = strlen (tensor->name);
        gradmq_put_u32 (at, (uint32_t) length);
        memcpy (at + 4, tensor->name, length);
        gradmq_put_u32 (at + 4 + length, tensor->rank);
        at += 8 + length;
        for (uint32_t d = 0; d < tensor->rank; d++, at += 8)
            gradmq_put_u64 (at, tensor->shape [d]);
    }
    uint8_t digest [GRADMQ_SHA256_BYTES];
    gradmq_sha256 (canonical, size, digest);
    self->id = gradmq_get_u64 (digest);
    free (canonical);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_layout_open (gradmq_layout_t **self_p, const gradmq_tensor_spec_t *specs, size_t count,
                    uint32_t dtype, gradmq_reason_t *reason)
{
    *self_p = NULL;
    const gradmq_dtype_t *master = gradmq_dtype (dtype);
    if (!master || !master->master)
        return gradmq_refuse (reason, GRADMQ_ERR_UNSUPPORTED,
                              "dtype %" PRIu32 " cannot be a master dtype; F32 (1) and F64 (2) can",
                              dtype);
    if (count == 0 || count > GRADMQ_TENSORS_MAX)
        return gradmq_refuse (reason, GRADMQ_ERR_SHAPE,
                              "a layout of %zu tensors; it needs at least 1 and at most %u", count,
                              GRADMQ_TENSORS_MAX);
    gradmq_layout_t *self = calloc (1, sizeof *self + count * sizeof self->tensors [0]);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for %zu tensors", count);
    atomic_init (&self->references, 1);
    self->dtype = master;
    self->count = count;
    gradmq_err_t rc = GRADMQ_OK;
    for (size_t i = 0; i < count && !rc; i++)
        rc = s_fill_tensor (self, i, &specs [i], reason);
    if (!rc)
        rc = s_check_unique (self, reason);
    if (!rc)
        rc = s_make_id (self, reason);
    if (rc)
        free (self);
    else
        *self_p = self;
    return rc;
}

gradmq_layout_t *
gradmq_layout_acquire (gradmq_layout_t *self)
{
    atomic_fetch_add_explicit (&self->references, 1, memory_order_relaxed);
    return self;
}

void
gradmq_layout_release (gradmq_layout_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    gradmq_layout_t *self = *self_p;
    *self_p = NULL;
    if (atomic_fetch_sub_explicit (&self->references, 1, memory_order_acq_rel) == 1)
        free (self);
}

uint64_t
gradmq_layout_id (const gradmq_layout_t *self)
{
    return self->id;
}

const gradmq_dtype_t *
gradmq_layout_dtype (const gradmq_layout_t *self)
{
    return self->dtype;
}

size_t
gradmq_layout_count (const gradmq_layout_t *self)
{
    return self->count;
}

const gradmq_tensor_t *
gradmq_layout_tensor (const gradmq_layout_t *self, size_t index)
{
    return index < self->count ? &self->tensors [index] : NULL;
}

uint64_t
gradmq_layout_elements (const gradmq_layout_t *self)
{
    return self->elements;
}

uint64_t
gradmq_layout_bytes (const gradmq_layout_t *self)
{
    return self->elements * self->dtype->size;
}
