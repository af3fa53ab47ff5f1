// Sums of products that are each rounded before they are added, over rows of samples (see
// CKernelsLanes.h), and casts of numbers to fixed point.
//
// A sum modulo 2^16 or 2^32 does not depend on the order of its terms, so these may be added in any.
// Every function here has a plain Swift definition in Arith that it is tested against.
#ifndef HWSIM_CKERNELS_ROUNDED_H
#define HWSIM_CKERNELS_ROUNDED_H

#include "CKernelsLanes.h"

// For four outputs o, modulo 2^16:
//   sums[o][l] = initial[o] + sum_k (round(x * weights[8k + o]) + x * weights[8k + 4 + o])
// with x = data[gather[k] * lanes + l] and round(p) = floor(p / 2^16), or floor((p + 2^14) / 2^15) if
// `half_up`. gather[k] < 0 contributes nothing; without `has_high` all weights[8k + 4 + o] are 0. lanes is a
// multiple of 16.
void hwsim_rounded_dot4_i16(
  int path, const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms,
  bool half_up, bool has_high, const int16_t *initial, int16_t *sums, ptrdiff_t lanes);

// sums[o][l] = initial[o] + sum_k round(data[gather[k] * lanes + l] * weights[4k + o] / 2^right)
// modulo 2^32; products and their biases stay within 32 bits, right is 1 to 30.
void hwsim_rounded_dot4_i32(
  int path, const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  int32_t right, int32_t rounding, const int32_t *initial, int32_t *sums, ptrdiff_t lanes);

void hwsim_narrow_i16(int path, const int32_t *source, int16_t *destination, ptrdiff_t count);
void hwsim_widen_i16(int path, const int16_t *source, int32_t *destination, ptrdiff_t count);

// codes[i] = floor(values[i] * scale), or that rounded half up; scale is a power of two that loses nothing.
// Returns how many were converted: it stops before the first 64 of which one is not finite or leaves 28
// bits, and before the last count % 64.
ptrdiff_t hwsim_fixed_from_f64(
  int path, const double *values, int32_t *codes, ptrdiff_t count, double scale, bool half_up);

// codes[i] = zero + (float)values[i] / scale, clamped to [low, high] and rounded to nearest, ties to even or
// away from zero; both ends are integers of at most 22 bits. Returns whether all numbers are finite.
bool hwsim_steps_from_f64(
  int path, const double *values, ptrdiff_t count, float scale, bool ties_away, float low,
  float high, int32_t zero, int32_t *codes);

#endif
