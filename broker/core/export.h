//  What every public header needs: visibility and the duty to look at an error.

#ifndef GRADMQ_CORE_EXPORT_H
#define GRADMQ_CORE_EXPORT_H

#if defined(__GNUC__)
#define GRADMQ_EXPORT __attribute__ ((visibility ("default")))
#define GRADMQ_MUST_CHECK __attribute__ ((warn_unused_result))
#define GRADMQ_PRINTF(text, first) __attribute__ ((format (printf, text, first)))
#else
#define GRADMQ_EXPORT
#define GRADMQ_MUST_CHECK
#define GRADMQ_PRINTF(text, first)
#endif

#endif
