//  Groups of tensors as text, as it stands in a configuration file and on a command line:
//
//      *.bias weight_decay=0; embed.* rate_scale=0.1 l2=0.01; 'my layer*' frozen
//
//  Groups are parted by `;`, the first match wins. A group is a pattern and what is different for
//  its tensors: rate_scale=X, weight_decay=X, l2=X, frozen. A pattern that begins with ' or holds a
//  space or a `;` stands in single quotes; '' inside of them is one quote.

#ifndef GRADMQ_SETTINGS_GROUP_H
#define GRADMQ_SETTINGS_GROUP_H

#include "settings/settings.h"

//  Text of as many groups as there can be, with the terminator.
#define GRADMQ_GROUPS_TEXT_BYTES (GRADMQ_GROUPS_MAX * 384u)

//  Replace the groups of *self by those that `text` writes, and mark them given. "" is no group.
//    errors  ARGUMENT, with the number of the group and what is wrong; *self is then unchanged
GRADMQ_MUST_CHECK gradmq_err_t gradmq_groups_parse (gradmq_settings_t *self, const char *text,
                                                    gradmq_reason_t *reason);

//  Write the groups as gradmq_groups_parse reads them; cut at `size`, always terminated.
//    returns the length of the whole text, which is `size` or more when it was cut
size_t gradmq_groups_format (const gradmq_settings_t *self, char *text, size_t size);

//  Check the pattern and the numbers of one group.
//    errors  ARGUMENT
GRADMQ_MUST_CHECK gradmq_err_t gradmq_group_check (const gradmq_group_t *self,
                                                   gradmq_reason_t *reason);

#endif
