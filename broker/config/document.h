//  What the tables of options, settings, switches and exit statuses say, for people.

#ifndef GRADMQ_CONFIG_DOCUMENT_H
#define GRADMQ_CONFIG_DOCUMENT_H

#include "config/config.h"

#include <stdio.h>

//  The commented example file: every option at its default, every setting as a comment.
void gradmq_document_example (FILE *to);

//  A configuration as a file that reads back to the same one: every option, and what is given of
//  the settings.
void gradmq_document_config (FILE *to, const gradmq_config_t *config);

//  The text of --help.
void gradmq_document_help (FILE *to);

//  The manual page gradmqd(8), in man macros.
void gradmq_document_man (FILE *to);

//  A row's values in words: "50 to 60000 ms", "error, warning, info or debug", "true or false".
void gradmq_document_option_range (const gradmq_option_row_t *row, char *text, size_t size);
void gradmq_document_setting_range (const gradmq_setting_row_t *row, char *text, size_t size);

//  The default of a setting in words, such as "0.1" or "the optimizer's own".
void gradmq_document_setting_default (const gradmq_setting_row_t *row, char *text, size_t size);

#endif
