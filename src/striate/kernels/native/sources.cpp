// Which sources this library was compiled from. Structures that Python fills in may have been
// others in other sources, and would be read wrongly.
#include "conv.h"

STRIATE_EXPORT const char *kernel_sources() { return STRIATE_SOURCES; }
