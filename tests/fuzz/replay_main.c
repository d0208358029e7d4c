//  Feeds files, and the files of folders, to a fuzzer's entry.

#include "fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static int
s_replay_file (const char *path)
{
    FILE *file = fopen (path, "rb");
    struct stat status;
    if (!file || fstat (fileno (file), &status) != 0) {
        perror (path);
        return -1;
    }
    //  Exactly as long as the file, so that reading past the end is seen.
    size_t size = (size_t) status.st_size;
    uint8_t *data = malloc (size ? size : 1);
    FUZZ_HOLDS (data && fread (data, 1, size, file) == size);
    fclose (file);
    LLVMFuzzerTestOneInput (data, size);
    free (data);
    return 1;
}

//  How many files were replayed; below 0: one could not be read.
static int
s_replay (const char *path)
{
    DIR *folder = opendir (path);
    if (!folder)
        return s_replay_file (path);
    int count = 0;
    for (struct dirent *entry = readdir (folder); entry && count >= 0; entry = readdir (folder)) {
        char inside [4096];
        if (entry->d_name [0] == '.')
            continue;
        snprintf (inside, sizeof inside, "%s/%s", path, entry->d_name);
        count = s_replay_file (inside) < 0 ? -1 : count + 1;
    }
    closedir (folder);
    return count;
}

int
main (int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = s_replay (argv [i]);
        if (count < 0)
            return 1;
        total += count;
    }
    printf ("%d inputs replayed\n", total);
    return total == 0;
}
