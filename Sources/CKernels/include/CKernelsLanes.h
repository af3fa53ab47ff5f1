// Kernels over "rows": one element of a tensor for a block of samples (lanes), contiguous.
//
// Every function here has a plain Swift definition in Arith that it is tested against.
#ifndef HWSIM_CKERNELS_LANES_H
#define HWSIM_CKERNELS_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which instruction set the row kernels may use: 0 portable, 1 AVX2, 2 AVX-512.
int hwsim_lanes_best_path(void);

// How an assignment rounds (`rounding`): the bias added before an arithmetic shift.
enum {
  HWSIM_ROUND_FLOOR = 0,
  HWSIM_ROUND_TO_ZERO = 1,
  HWSIM_ROUND_HALF_UP = 2,
  HWSIM_ROUND_HALF_TO_ZERO = 3,
  HWSIM_ROUND_HALF_AWAY = 4,
  HWSIM_ROUND_HALF_DOWN = 5,
  HWSIM_ROUND_HALF_EVEN = 6,
};

// What an assignment does out of range (`overflow`).
enum {
  HWSIM_OVERFLOW_NONE = 0,
  HWSIM_OVERFLOW_WRAP = 1,
  HWSIM_OVERFLOW_CLAMP = 2,
  HWSIM_OVERFLOW_ZERO = 3,
};

// An assignment of a raw code to a fixed-point type: `value * 2^left` or `value / 2^right`,
// rounded, then brought into [minimum, maximum] by `overflow`; `wrap_bits` is the width.
typedef struct {
  int32_t left;
  int32_t right;
  int32_t rounding;
  int32_t overflow;
  int32_t wrap_bits;
  bool is_signed;
  int64_t minimum;
  int64_t maximum;
} hwsim_assignment;

// sums[o][l] = initial[o] + sum_k weights[k * 4 + o] * data[gather[k] * lanes + l] for four outputs,
// modulo 2^32, gather[k] < 0 contributing nothing. lanes is a multiple of 16.
void hwsim_dot4_i32(
  int path, const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int32_t *initial, int32_t *sums, ptrdiff_t lanes);

// The same with 64-bit sums of exact 32 by 32-bit products.
void hwsim_dot4_i64(
  int path, const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int64_t *initial, int64_t *sums, ptrdiff_t lanes);

// The same with 64-bit data, modulo 2^64.
void hwsim_dot4_wide(
  int path, const int64_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int64_t *initial, int64_t *sums, ptrdiff_t lanes);

// destination[i] = assignment(source[i]).
void hwsim_assign_i32(
  int path, const int32_t *source, int32_t *destination, ptrdiff_t count,
  const hwsim_assignment *assignment);
void hwsim_assign_i64(
  int path, const int64_t *source, int64_t *destination, ptrdiff_t count,
  const hwsim_assignment *assignment);

// sum[l] = assign_sum(sum[l] + assign_product(data[gather[k] * lanes + l] * weights[k])) for each term
// in order; gather[k] < 0 reads 0. All values fit in 64 bits.
void hwsim_ordered_dot_i64(
  int path, const int32_t *data, const int32_t *gather, const int64_t *weights, ptrdiff_t terms,
  int64_t *sum, ptrdiff_t lanes, const hwsim_assignment *product, const hwsim_assignment *total);

// Widening and narrowing copies.
void hwsim_widen_i32(const int32_t *source, int64_t *destination, ptrdiff_t count);
void hwsim_narrow_i64(const int64_t *source, int32_t *destination, ptrdiff_t count);

#endif
