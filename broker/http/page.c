#include "http/page.h"

#include <string.h>

const gradmq_page_t *
gradmq_page_find (const char *path)
{
    if (strcmp (path, "/") == 0)
        path = "/index.html";
    for (const gradmq_page_t *page = gradmq_page_files; page->path; page++)
        if (strcmp (page->path, path) == 0)
            return page;
    return NULL;
}
