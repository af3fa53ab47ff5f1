// The process's memory.
#ifndef HWSIM_CKERNELS_MEMORY_H
#define HWSIM_CKERNELS_MEMORY_H

#include <stddef.h>

// Keeps up to `bytes` of freed memory, and blocks of up to `largest` bytes among it, instead of giving
// pages back to the system each time; nothing where the C library has no such setting.
void hwsim_keep_freed_memory(size_t bytes, size_t largest);

#endif
