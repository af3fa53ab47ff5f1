// What kernels over rows share: how they are compiled for each instruction set, and the bias of a rounding.
#ifndef HWSIM_ROUNDING_H
#define HWSIM_ROUNDING_H

#include "CKernelsLanes.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#else
#define TARGET_AVX2
#define TARGET_AVX512
#endif

// Defines three compilations of `body` for a dispatcher to choose from.
#define DISPATCH(name, parameters, arguments)                                                      \
  static void name##_portable parameters { name##_body arguments; }                                \
  TARGET_AVX2 static void name##_avx2 parameters { name##_body arguments; }                        \
  TARGET_AVX512 static void name##_avx512 parameters { name##_body arguments; }

// floor((value + bias) / 2^right) is the value rounded by the rule; right is 1 to 31.
INLINE int32_t rounding_bias_i32(int32_t value, int32_t right, int32_t rounding) {
  const int32_t half = (int32_t)1 << (right - 1);
  switch (rounding) {
    case HWSIM_ROUND_TO_ZERO: return (value >> 31) & (half | (half - 1));
    case HWSIM_ROUND_HALF_UP: return half;
    case HWSIM_ROUND_HALF_TO_ZERO: return half - 1 - (value >> 31);
    case HWSIM_ROUND_HALF_AWAY: return half + (value >> 31);
    case HWSIM_ROUND_HALF_DOWN: return half - 1;
    case HWSIM_ROUND_HALF_EVEN: return half - 1 + ((value >> right) & 1);
    default: return 0;
  }
}

#endif
