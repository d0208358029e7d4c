//  A terminal that is drawn on again and again, and given back as it was.

#ifndef GRADMQ_CLI_WATCH_SCREEN_H
#define GRADMQ_CLI_WATCH_SCREEN_H

#include "cli/watch/draw.h"

typedef struct gradmq_screen gradmq_screen_t;

//  Take the terminal: the other screen, no cursor, keys at once, signals in order with the rest.
//    owns    borrows `to`, a terminal
//    thread  the only one of the program that waits for signals
//    returns NULL: out of memory, or no signals to be had
gradmq_screen_t *gradmq_screen_new (FILE *to);

//  Give it back.
void gradmq_screen_destroy (gradmq_screen_t **self_p);

//  How large it is now.
gradmq_canvas_t gradmq_screen_canvas (const gradmq_screen_t *self);

//  Show lines that are each ended by a newline in place of what is there.
void gradmq_screen_show (gradmq_screen_t *self, const char *text);

typedef enum {
    GRADMQ_SCREEN_NOTHING,
    GRADMQ_SCREEN_REDRAW,  //  another size, or back from being stopped
    GRADMQ_SCREEN_END      //  q, Ctrl-C, or told to end
} gradmq_screen_wish_t;

//  What the person wants; does not wait.
gradmq_screen_wish_t gradmq_screen_wish (gradmq_screen_t *self);

//  What a terminal like `to` can show, without taking it: for one picture.
gradmq_canvas_t gradmq_canvas_of (FILE *to);

#endif
