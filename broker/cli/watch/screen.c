#include "cli/watch/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l"
#define LEAVE "\033[?25h\033[?1049l"

struct gradmq_screen {
    FILE *to;
    int signals;  //  file descriptor
    sigset_t mask_before;
    bool keys;  //  standard input is a terminal in our mode
    struct termios keys_before;
};

gradmq_canvas_t
gradmq_canvas_of (FILE *to)
{
    const char *terminal = getenv ("TERM");
    setlocale (LC_CTYPE, "");
    gradmq_canvas_t canvas = {
        .columns = 80,
        .lines = 24,
        .color = !getenv ("NO_COLOR") && terminal && strcmp (terminal, "dumb") != 0,
        .utf8 = strcmp (nl_langinfo (CODESET), "UTF-8") == 0,
    };
    struct winsize size;
    if (ioctl (fileno (to), TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
        canvas.columns = size.ws_col;
        canvas.lines = size.ws_row;
    }
    return canvas;
}

gradmq_canvas_t
gradmq_screen_canvas (const gradmq_screen_t *self)
{
    return gradmq_canvas_of (self->to);
}

static void
s_enter (gradmq_screen_t *self)
{
    struct termios mode;
    self->keys = tcgetattr (STDIN_FILENO, &self->keys_before) == 0;
    if (self->keys) {
        mode = self->keys_before;
        mode.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
        mode.c_cc [VMIN] = 0;
        mode.c_cc [VTIME] = 0;
        tcsetattr (STDIN_FILENO, TCSANOW, &mode);
    }
    fputs (ENTER, self->to);
    fflush (self->to);
}

static void
s_leave (gradmq_screen_t *self)
{
    fputs (LEAVE, self->to);
    fflush (self->to);
    if (self->keys)
        tcsetattr (STDIN_FILENO, TCSANOW, &self->keys_before);
}

gradmq_screen_t *
gradmq_screen_new (FILE *to)
{
    static const int numbers [] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};
    gradmq_screen_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->to = to;
    sigset_t mask;
    sigemptyset (&mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers [0]; i++)
        sigaddset (&mask, numbers [i]);
    self->signals = signalfd (-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (self->signals < 0) {
        free (self);
        return NULL;
    }
    pthread_sigmask (SIG_BLOCK, &mask, &self->mask_before);
    s_enter (self);
    return self;
}

void
gradmq_screen_destroy (gradmq_screen_t **self_p)
{
    gradmq_screen_t *self = *self_p;
    if (!self)
        return;
    s_leave (self);
    close (self->signals);
    pthread_sigmask (SIG_SETMASK, &self->mask_before, NULL);
    free (self);
    *self_p = NULL;
}

void
gradmq_screen_show (gradmq_screen_t *self, const char *text)
{
    fputs ("\033[H", self->to);
    while (*text) {
        size_t length = strcspn (text, "\n");
        bool last = !text [length] || !text [length + 1];
        fprintf (self->to, "%.*s\033[K%s", (int) length, text, last ? "" : "\r\n");
        text += length;
        text += *text == '\n';
    }
    fputs ("\033[J", self->to);
    fflush (self->to);
}

static gradmq_screen_wish_t
s_wish_signal (gradmq_screen_t *self)
{
    struct signalfd_siginfo info;
    if (read (self->signals, &info, sizeof info) != sizeof info)
        return GRADMQ_SCREEN_NOTHING;
    if (info.ssi_signo == SIGWINCH)
        return GRADMQ_SCREEN_REDRAW;
    if (info.ssi_signo != SIGTSTP)
        return GRADMQ_SCREEN_END;
    s_leave (self);
    kill (getpid (), SIGSTOP);
    s_enter (self);
    return GRADMQ_SCREEN_REDRAW;
}

static gradmq_screen_wish_t
s_wish_key (const gradmq_screen_t *self)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char key = 0;
    if (!self->keys || poll (&input, 1, 0) <= 0 || read (STDIN_FILENO, &key, 1) != 1)
        return GRADMQ_SCREEN_NOTHING;
    return key == 'q' || key == 'Q' ? GRADMQ_SCREEN_END : GRADMQ_SCREEN_NOTHING;
}

gradmq_screen_wish_t
gradmq_screen_wish (gradmq_screen_t *self)
{
    gradmq_screen_wish_t wish = s_wish_signal (self);
    return wish ? wish : s_wish_key (self);
}
