//  What the policy in force waits for, as people read it: in status and watch.

#ifndef GRADMQ_CLI_OPEN_STEP_H
#define GRADMQ_CLI_OPEN_STEP_H

#include "wire/message.h"

#define GRADMQ_OPEN_STEP_BYTES 512

//  "round 9, 3 contributions", "2 of 4 contributions", "least clock 12", "each gradient is a step".
const char *gradmq_open_step_text (char text [GRADMQ_OPEN_STEP_BYTES],
                                   const gradmq_status_report_t *status);

//  "w2, w5 (2 in all), no longer than 1.5 s"; "" when nobody is waited for and there is no deadline.
const char *gradmq_open_step_waiting (char text [GRADMQ_OPEN_STEP_BYTES],
                                      const gradmq_status_report_t *status);

#endif
