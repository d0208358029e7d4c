//  The files of page/, which are part of the program.

#ifndef GRADMQ_HTTP_PAGE_H
#define GRADMQ_HTTP_PAGE_H

#include <stddef.h>

typedef struct {
    const char *path;  //  such as "/page.js"
    const char *type;
    const unsigned char *data;
    size_t size;
} gradmq_page_t;

//  NULL: there is none of this path. "/" is "/index.html".
const gradmq_page_t *gradmq_page_find (const char *path);

//  As they were built in; the last has path NULL.
extern const gradmq_page_t gradmq_page_files [];

#endif
