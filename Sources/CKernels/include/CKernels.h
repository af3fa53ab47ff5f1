#ifndef HWSIM_CKERNELS_H
#define HWSIM_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsFormats.h"

#endif
