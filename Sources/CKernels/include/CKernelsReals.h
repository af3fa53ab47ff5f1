// Products of float32 and float64 data and weights, each sum made in one order on every machine.
//
// Every function here has a plain Swift definition in Arith that it is tested against.
#ifndef HWSIM_CKERNELS_REALS_H
#define HWSIM_CKERNELS_REALS_H

#include <stddef.h>
#include <stdint.h>

// Bytes of the filters that stand side by side in weights.
enum { HWSIM_REAL_GROUP_BYTES = 64 };

// Where positions read data, in elements: position p starts at
// (p / columns) * row_pitch + (p % columns) * column_pitch and reads `segments` runs of `length`.
typedef struct {
  ptrdiff_t columns, row_pitch, column_pitch;
  const ptrdiff_t *segment_offsets;
  ptrdiff_t segments, length;
} hwsim_real_walk;

// sums[p][f] = sum over segments s, then elements l, of data * weights[f / group][s * length + l][f %
// group], rounded after every product and every addition, from 0. The last group of weights is a whole
// one; sums have `filters` a row. path: 0 portable, 1 AVX2, 2 AVX-512.
void hwsim_real_product_f32(
  int path, const hwsim_real_walk *walk, const float *data, const float *weights,
  ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, float *sums);
void hwsim_real_product_f64(
  int path, const hwsim_real_walk *walk, const double *data, const double *weights,
  ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, double *sums);
// The same with weights that are stored as those of float32 sums.
void hwsim_real_product_f64_f32(
  int path, const hwsim_real_walk *walk, const double *data, const float *weights,
  ptrdiff_t filters, ptrdiff_t first, ptrdiff_t count, double *sums);

// sums[p][c] = sum over taps t of data[start(p) + offset[t] + c] * weights[t][c], the length of the
// walk being the number of channels; rounded and ordered as above.
void hwsim_real_depthwise_f32(
  int path, const hwsim_real_walk *walk, const float *data, const float *weights, ptrdiff_t first,
  ptrdiff_t count, float *sums);
void hwsim_real_depthwise_f64(
  int path, const hwsim_real_walk *walk, const double *data, const double *weights,
  ptrdiff_t first, ptrdiff_t count, double *sums);

// codes[i] = low 8 bits of the integer nearest to x[i] / scale, ties to even, within low...high; the
// ends are integers of at most 22 bits, and NaN becomes low.
void hwsim_steps_u8(
  int path, const float *x, ptrdiff_t count, float scale, float low, float high, uint8_t *codes);

// result[i] = (float)sums[i] * scales[i % period] + offsets[i % period], rounded after the conversion,
// the multiplication and the addition.
void hwsim_scale_sums_i32(
  int path, const int32_t *sums, ptrdiff_t count, const float *scales, const float *offsets,
  ptrdiff_t period, float *result);
void hwsim_scale_sums_f64(
  int path, const double *sums, ptrdiff_t count, const float *scales, const float *offsets,
  ptrdiff_t period, float *result);

#endif
