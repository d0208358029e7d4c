#include "checkpoint/safetensors.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "record/player.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HEX_BYTES = 2 * GRADMQ_SHA256_BYTES + 1 };

static gradmq_err_t
s_open (gradmq_player_t **player, const char *path, gradmq_reason_t *reason)
{
    gradmq_record_reader_t *reader;
    *player = NULL;
    gradmq_err_t err = gradmq_record_reader_open (&reader, path, false, reason);
    return err ? err : gradmq_player_open (player, &reader, reason);
}

//  The parameters' SHA-256 in hexadecimal digits, "" without a model.
static void
s_digest (const gradmq_player_t *player, char hex [HEX_BYTES])
{
    uint8_t digest [GRADMQ_SHA256_BYTES];
    hex [0] = 0;
    if (gradmq_player_digest (player, digest))
        for (size_t i = 0; i < sizeof digest; i++)
            snprintf (hex + 2 * i, 3, "%02x", digest [i]);
}

static gradmq_err_t
s_save (const gradmq_player_t *player, const char *path, gradmq_reason_t *reason)
{
    char epoch [GRADMQ_TEXT_BYTES], version [GRADMQ_TEXT_BYTES], product [64];
    const gradmq_played_t *played = gradmq_player_played (player);
    const gradmq_layout_t *layout = gradmq_model_layout (gradmq_player_model (player));
    if (!layout)
        return gradmq_refuse (reason, GRADMQ_ERR_NO_MODEL,
                              "the recording has no model that could be saved");
    snprintf (product, sizeof product, "gradmq %s", gradmq_version ());
    const gradmq_metadata_t metadata [] = {
        {"format", "pt"},
        {"gradmq.model", played->name},
        {"gradmq.epoch", gradmq_text_count (epoch, played->epoch)},
        {"gradmq.version", gradmq_text_count (version, played->version)},
        {"gradmq.product", product},
    };
    return gradmq_safetensors_save (
        path, layout, gradmq_layout_dtype (layout),
        gradmq_snapshot_bytes (gradmq_model_newest (gradmq_player_model (player))), metadata,
        sizeof metadata / sizeof metadata [0], reason);
}

static void
s_say (gradmq_cli_t *cli, const gradmq_player_t *player)
{
    char digest [HEX_BYTES];
    const gradmq_played_t *played = gradmq_player_played (player);
    s_digest (player, digest);
    gradmq_cli_say (cli,
                    "model %s from version %" PRIu64 " to version %" PRIu64 " of epoch %" PRIu64
                    ": %" PRIu64 " steps of %" PRIu64 " gradients, %" PRIu64 " skipped",
                    played->name, played->first_version, played->version, played->epoch,
                    played->steps, played->gradients, played->skipped);
    gradmq_cli_say (cli, "%" PRIu64 " digest%s of the recording %s the same", played->digests,
                    played->digests == 1 ? "" : "s", played->digests == 1 ? "is" : "are");
    if (!played->ended && !gradmq_args_has (cli->args, GRADMQ_OPT_UNTIL))
        gradmq_cli_say (cli, "the recording breaks off after record %" PRIu64 "%s", played->records,
                        played->cut ? ", in the middle of the next one" : "");
    if (digest [0])
        gradmq_cli_say (cli, "SHA-256 of the parameters %s", digest);
}

static void
s_print (gradmq_cli_t *cli, const gradmq_player_t *player)
{
    char digest [HEX_BYTES];
    const gradmq_played_t *played = gradmq_player_played (player);
    s_digest (player, digest);
    gradmq_printer_t printer = gradmq_printer (cli->out);
    gradmq_printer_open (&printer, NULL);
    gradmq_printer_text (&printer, "model", played->name);
    gradmq_printer_count (&printer, "epoch", played->epoch);
    gradmq_printer_count (&printer, "version", played->version);
    gradmq_printer_count (&printer, "first_epoch", played->first_epoch);
    gradmq_printer_count (&printer, "first_version", played->first_version);
    gradmq_printer_count (&printer, "records", played->records);
    gradmq_printer_count (&printer, "steps", played->steps);
    gradmq_printer_count (&printer, "skipped", played->skipped);
    gradmq_printer_count (&printer, "gradients", played->gradients);
    gradmq_printer_count (&printer, "digests", played->digests);
    gradmq_printer_flag (&printer, "ended", played->ended);
    gradmq_printer_count (&printer, "cut_bytes", played->cut);
    gradmq_printer_text (&printer, "sha256", digest [0] ? digest : NULL);
    gradmq_printer_close (&printer);
    gradmq_printer_end (&printer);
}

gradmq_err_t
gradmq_verb_replay (gradmq_cli_t *cli, gradmq_reason_t *reason)
{
    gradmq_player_t *player;
    const gradmq_given_t *until = gradmq_args_option (cli->args, GRADMQ_OPT_UNTIL);
    const char *out = gradmq_args_text (cli->args, GRADMQ_OPT_OUT, NULL);
    gradmq_err_t err = s_open (&player, gradmq_args_word (cli->args, 0), reason);
    if (!err)
        err = gradmq_player_run (player, until ? until->count : UINT64_MAX, reason);
    if (!err && out)
        err = s_save (player, out, reason);
    if (!err) {
        s_say (cli, player);
        if (cli->json)
            s_print (cli, player);
    }
    gradmq_player_close (&player);
    return err;
}
