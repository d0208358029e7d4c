#include "sync/muster.h"

#include "core/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  --------------------------------------------------------------------------------------------
//  Writing

static void
s_write_list (FILE *out, const gradmq_disposed_t *list, size_t count)
{
    if (!count)
        fputs (" -", out);
    for (size_t i = 0; i < count; i++)
        fprintf (out, "%c%" PRIu64 ":%" PRIu32 ":%" PRIu32, i ? ',' : ' ', list [i].sequence,
                 list [i].disposition, list [i].code);
}

static void
s_write_member (FILE *out, const gradmq_member_t *member, const char *phase)
{
    const gradmq_window_t *window = &member->window;
    gradmq_disposed_t above [GRADMQ_RECEIVE_WINDOW];
    size_t told = 0;
    while (told < window->other_count && window->others [told].sequence <= window->settled_through)
        told++;
    fprintf (out, "%s %" PRIu64 " %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, member->name,
             member->incarnation, phase, window->settled_through, window->applied, window->lost,
             window->others_from);
    s_write_list (out, window->others, told);
    size_t count = gradmq_window_disposed (window, above);
    s_write_list (out, above, count);
    fputc ('\n', out);
}

char *
gradmq_muster_write (const gradmq_members_t *self)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream (&text, &size);
    if (!out)
        return NULL;
    fprintf (out, "forgotten %" PRIu64 "\n", gradmq_members_forgotten (self));
    for (const gradmq_member_t *m = gradmq_members_departed (self); m; m = m->newer)
        s_write_member (out, m, "gone");
    for (const gradmq_member_t *m = gradmq_members_next (self, NULL); m;
         m = gradmq_members_next (self, m))
        s_write_member (out, m, "here");
    bool written = !ferror (out);
    written &= fclose (out) == 0;
    if (written)
        return text;
    free (text);
    return NULL;
}

//  --------------------------------------------------------------------------------------------
//  Reading

//  A whole number and what follows it: `end`.
static bool
s_number (const char **at, char end, uint64_t *number)
{
    char *behind;
    if (**at < '0' || **at > '9')
        return false;
    *number = strtoull (*at, &behind, 10);
    if (*behind != end || *number >= UINT64_MAX / 2)
        return false;
    *at = behind + 1;
    return true;
}

//  A word and the space behind it.
static bool
s_word (const char **at, char *word, size_t size)
{
    size_t length = strcspn (*at, " \n");
    if (length == 0 || length >= size || (*at) [length] != ' ')
        return false;
    memcpy (word, *at, length);
    word [length] = 0;
    *at += length + 1;
    return true;
}

//  A list up to the character `end`, ascending.
static bool
s_list (const char **at, char end, gradmq_disposed_t *list, size_t most, size_t *count)
{
    *count = 0;
    if ((*at) [0] == '-' && (*at) [1] == end) {
        *at += 2;
        return true;
    }
    for (char behind = ','; behind == ',';) {
        uint64_t sequence, disposition, code;
        if (*count == most || !s_number (at, ':', &sequence) || !s_number (at, ':', &disposition))
            return false;
        behind = (*at) [strspn (*at, "0123456789")];
        if ((behind != ',' && behind != end) || !s_number (at, behind, &code))
            return false;
        if (disposition > GRADMQ_DISCARDED || code > UINT16_MAX
            || (*count && sequence <= list [*count - 1].sequence))
            return false;
        list [(*count)++] = (gradmq_disposed_t){sequence, (uint32_t) disposition, (uint32_t) code};
    }
    return true;
}

typedef struct {
    char name [GRADMQ_NAME_BYTES_MAX + 1];
    char phase [8];
    uint64_t incarnation, settled, applied, lost, from;
    gradmq_disposed_t told [GRADMQ_DISPOSITIONS_TOLD_MAX];
    gradmq_disposed_t above [GRADMQ_RECEIVE_WINDOW];
    size_t told_count, above_count;
} s_line_t;

static bool
s_possible (const s_line_t *line)
{
    bool possible = strcmp (line->phase, "here") == 0 || strcmp (line->phase, "gone") == 0;
    possible &= gradmq_name_valid (line->name) && line->incarnation > 0;
    if (line->told_count)
        possible &= line->told [line->told_count - 1].sequence <= line->settled;
    if (line->above_count) {
        possible &= line->above [0].sequence > line->settled;
        possible &=
            line->above [line->above_count - 1].sequence <= line->settled + GRADMQ_RECEIVE_WINDOW;
    }
    return possible;
}

static bool
s_read_line (const char **at, s_line_t *line)
{
    return s_word (at, line->name, sizeof line->name) && s_number (at, ' ', &line->incarnation)
           && s_word (at, line->phase, sizeof line->phase) && s_number (at, ' ', &line->settled)
           && s_number (at, ' ', &line->applied) && s_number (at, ' ', &line->lost)
           && s_number (at, ' ', &line->from)
           && s_list (at, ' ', line->told, GRADMQ_DISPOSITIONS_TOLD_MAX, &line->told_count)
           && s_list (at, '\n', line->above, GRADMQ_RECEIVE_WINDOW, &line->above_count)
           && s_possible (line);
}

static gradmq_err_t
s_take (gradmq_members_t *self, const s_line_t *line, uint64_t now_ms, uint64_t lease_ms,
        gradmq_reason_t *reason)
{
    gradmq_member_t *member = gradmq_members_restore (self, line->name, line->incarnation,
                                                      line->settled + 1, now_ms, lease_ms);
    if (!member)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "no memory for worker %s", line->name);
    gradmq_window_t *window = &member->window;
    memcpy (window->others, line->told, line->told_count * sizeof line->told [0]);
    window->other_count = line->told_count;
    window->others_from = line->from;
    for (size_t i = 0; i < line->above_count; i++)
        gradmq_window_replay (window, line->above [i].sequence,
                              (gradmq_disposition_t) line->above [i].disposition,
                              (gradmq_err_t) line->above [i].code);
    window->applied = line->applied;
    window->lost = line->lost;
    if (strcmp (line->phase, "gone") == 0)
        gradmq_members_depart (self, member);
    return GRADMQ_OK;
}

gradmq_err_t
gradmq_muster_read (gradmq_members_t *self, const char *text, uint64_t now_ms, uint64_t lease_ms,
                    gradmq_reason_t *reason)
{
    static const char first [] = "forgotten ";
    const char *at = text + sizeof first - 1;
    uint64_t forgotten;
    if (strncmp (text, first, sizeof first - 1) != 0 || !s_number (&at, '\n', &forgotten))
        return gradmq_refuse (reason, GRADMQ_ERR_FORMAT, "the list of workers has no first line");
    gradmq_members_set_forgotten (self, forgotten);
    s_line_t *line = malloc (sizeof *line);
    if (!line)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    gradmq_err_t err = GRADMQ_OK;
    for (unsigned number = 2; *at && !err; number++) {
        const char *begin = at;
        err = s_read_line (&at, line)
                  ? s_take (self, line, now_ms, lease_ms, reason)
                  : gradmq_refuse (reason, GRADMQ_ERR_FORMAT,
                                   "line %u of the list of workers cannot be: \"%.*s\"", number,
                                   (int) strcspn (begin, "\n"), begin);
    }
    free (line);
    return err;
}
