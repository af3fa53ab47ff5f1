#ifndef HWSIM_CKERNELS_H
#define HWSIM_CKERNELS_H

#include "CKernelsLanes.h"

#include "CKernelsFormats.h"

#include "CKernelsGEMM.h"

#include "CKernelsReals.h"

#include "CKernelsRounded.h"

#include "CKernelsCodes.h"

#include "CKernelsBits.h"

#include "CKernelsMemory.h"

#endif
