#include "CKernelsMemory.h"

#include <limits.h>
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void hwsim_keep_freed_memory(size_t bytes, size_t largest) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, (int)(largest < INT_MAX ? largest : INT_MAX));
  mallopt(M_TRIM_THRESHOLD, (int)(bytes < INT_MAX ? bytes : INT_MAX));
#else
  (void)bytes;
  (void)largest;
#endif
}
