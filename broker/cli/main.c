//  gradmq: the command line.

#include "cli/cli.h"

int
main (int argc, char **argv)
{
    return gradmq_cli_run (argc, argv, stdout, stderr);
}
