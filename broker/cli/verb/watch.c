#include "cli/cli.h"
#include "cli/watch/draw.h"
#include "cli/watch/screen.h"
#include "core/clock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BETWEEN_MS 1000u
#define NAP_MS 50u
#define ANSWER_MS 2000u

typedef struct {
    gradmq_cli_t *cli;
    gradmq_watch_t *events;   //  NULL: they cannot be had
    gradmq_screen_t *screen;  //  NULL: not drawn in place
    bool picture;             //  one picture instead of a line
    gradmq_gather_t gather;
    gradmq_trails_t trails;
    gradmq_look_t look;
    char silence [GRADMQ_REASON_BYTES];
    uint64_t begun_ms, shown;
    uint64_t end_ms;  //  no look after this time; UINT64_MAX: there is no such time
} s_watch_t;

static uint64_t
s_now_ms (void)
{
    gradmq_clock_t clock = gradmq_clock_real ();
    return gradmq_clock_ms (&clock);
}

static void
s_clock_text (char text [16])
{
    time_t seconds = time (NULL);
    struct tm now;
    text [0] = 0;
    if (localtime_r (&seconds, &now))
        strftime (text, 16, "%H:%M:%S", &now);
}

//  Draw the newest look into memory.
static char *
s_scene (const s_watch_t *self, const gradmq_canvas_t *canvas)
{
    gradmq_scene_t scene = {
        .look = &self->look,
        .trails = &self->trails,
        .gather = &self->gather,
        .control = self->cli->control,
        .silence = self->silence [0] ? self->silence : NULL,
    };
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream (&text, &size);
    if (!memory)
        return NULL;
    gradmq_draw_scene (memory, &scene, canvas);
    if (fclose (memory) == 0)
        return text;
    free (text);
    return NULL;
}

static void
s_draw (s_watch_t *self)
{
    gradmq_canvas_t canvas =
        self->screen ? gradmq_screen_canvas (self->screen) : gradmq_canvas_of (self->cli->out);
    if (!self->screen)
        canvas.lines = 0;
    char *text = s_scene (self, &canvas);
    if (text && self->screen)
        gradmq_screen_show (self->screen, text);
    else if (text)
        fputs (text, self->cli->out);
    free (text);
}

static void
s_show (s_watch_t *self)
{
    if (self->cli->json)
        gradmq_draw_json (self->cli->out, &self->look);
    else if (self->screen || self->picture)
        s_draw (self);
    else
        gradmq_draw_line (self->cli->out, &self->look);
    fflush (self->cli->out);
    self->shown++;
}

static gradmq_err_t
s_look (s_watch_t *self, gradmq_reason_t *reason)
{
    gradmq_look_t look;
    bool first = !self->look.at_ms;
    gradmq_err_t err = gradmq_look_take (&look, self->cli->remote, first ? NULL : &self->look,
                                         &self->gather, reason);
    if (err) {
        gradmq_look_clear (&look);
        snprintf (self->silence, sizeof self->silence, "%s", reason->text);
        return err;
    }
    self->silence [0] = 0;
    gradmq_look_clear (&self->look);
    self->look = look;
    gradmq_trails_put (&self->trails, &self->look);
    gradmq_gather_begin (&self->gather);
    return GRADMQ_OK;
}

//  Read one event, or let a moment pass.
static void
s_listen (s_watch_t *self, uint32_t most_ms)
{
    gradmq_watched_t watched;
    char clock [16];
    if (!self->events) {
        poll (NULL, 0, (int) most_ms);
        return;
    }
    if (gradmq_watch_next (self->events, most_ms, &watched, NULL) || !watched.event)
        return;
    s_clock_text (clock);
    gradmq_gather_event (&self->gather, watched.event, clock);
}

//  Listen until `until_ms`; false when the person wants to end, or the coordinator ended.
static bool
s_wait (s_watch_t *self, uint64_t until_ms)
{
    for (uint64_t now = s_now_ms (); now < until_ms; now = s_now_ms ()) {
        uint64_t left = until_ms - now;
        s_listen (self, (uint32_t) (left < NAP_MS ? left : NAP_MS));
        gradmq_screen_wish_t wish =
            self->screen ? gradmq_screen_wish (self->screen) : GRADMQ_SCREEN_NOTHING;
        if (wish == GRADMQ_SCREEN_END || self->gather.closing)
            return false;
        if (wish == GRADMQ_SCREEN_REDRAW)
            s_draw (self);
    }
    return true;
}

static bool
s_enough (const s_watch_t *self)
{
    const gradmq_args_t *args = self->cli->args;
    const gradmq_given_t *count = gradmq_args_option (args, GRADMQ_OPT_COUNT);
    return gradmq_args_has (args, GRADMQ_OPT_ONCE)
           || (count && count->count && self->shown >= count->count) || s_now_ms () >= self->end_ms
           || ferror (self->cli->out);
}

//  A look each second. What does not answer any more is waited for where somebody sits and watches.
static gradmq_err_t
s_run (s_watch_t *self, gradmq_reason_t *reason)
{
    gradmq_err_t err = s_look (self, reason);
    if (!err && self->screen)
        s_draw (self);
    for (uint64_t next = self->begun_ms + BETWEEN_MS; !err; next += BETWEEN_MS) {
        if (!s_wait (self, next < self->end_ms ? next : self->end_ms))
            break;
        err = s_look (self, reason);
        if (self->screen && (err == GRADMQ_ERR_TIMEOUT || err == GRADMQ_ERR_CONNECT))
            err = GRADMQ_OK;
        if (!err)
            s_show (self);
        if (s_enough (self))
            break;
        if (next + BETWEEN_MS < s_now_ms ())
            next = s_now_ms ();
    }
    if (!self->gather.closing)
        return err;
    if (!self->look.at_ms)
        return GRADMQ_OK;
    gradmq_look_closed (&self->look, &self->gather);
    if (!self->screen)
        s_show (self);
    return GRADMQ_OK;
}

//  Without events the rest works, and says so.
static void
s_subscribe (s_watch_t *self)
{
    gradmq_reason_t reason = {.code = GRADMQ_OK};
    char text [GRADMQ_REASON_BYTES + 32], clock [16];
    if (!gradmq_watch_open (&self->events, self->cli->remote, GRADMQ_WATCH_EVENTS, NULL, &reason))
        return;
    s_clock_text (clock);
    snprintf (text, sizeof text, "no events: %s", reason.text);
    gradmq_gather_note (&self->gather, clock, text);
    if (!self->cli->quiet && !self->cli->json)
        fprintf (self->cli->err, "gradmq watch: %s\n", text);
}

gradmq_err_t
gradmq_verb_watch (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    s_watch_t *self = calloc (1, sizeof *self);
    if (!self)
        return gradmq_refuse (reason, GRADMQ_ERR_MEMORY, "out of memory");
    bool terminal = isatty (fileno (cli->out)) && !cli->json;
    self->cli = cli;
    gradmq_gather_begin (&self->gather);
    gradmq_err_t err = gradmq_cli_connect (cli, reason);
    if (!err) {
        s_subscribe (self);
        gradmq_remote_set_timeout (cli->remote, ANSWER_MS);
        self->picture = terminal && gradmq_args_has (cli->args, GRADMQ_OPT_ONCE);
        self->screen = terminal && !self->picture ? gradmq_screen_new (cli->out) : NULL;
        cli->hushed = self->screen != NULL;
        const gradmq_given_t *seconds = gradmq_args_option (cli->args, GRADMQ_OPT_SECONDS);
        self->begun_ms = s_now_ms ();
        self->end_ms = seconds ? self->begun_ms + (uint64_t) (seconds->real * 1000) : UINT64_MAX;
        err = s_run (self, reason);
    }
    bool closed = self->gather.closing;
    gradmq_screen_destroy (&self->screen);
    gradmq_watch_close (&self->events);
    gradmq_look_clear (&self->look);
    free (self);
    if (!err && closed)
        gradmq_cli_say (cli, "the coordinator closed");
    return err;
}
