// 8-bit codes between floats, sums and layouts.
//
// Every function here has a plain Swift definition that it is tested against. `path` is one of the
// numbers of CKernelsGEMM.h.
#ifndef HWSIM_CKERNELS_CODES_H
#define HWSIM_CKERNELS_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// to[c][r] = from[r][c], bytes.
void hwsim_transpose_bytes(const uint8_t *from, ptrdiff_t rows, ptrdiff_t columns, uint8_t *to);

// How real numbers become codes: clamped to low...high, rounded to even, zero point added. NaN
// becomes the zero point. low and high are the ends of the codes less the zero point.
typedef struct {
  float low, high;
  int32_t zero_point;
} hwsim_coding;

// Codes of `rows` rows of `channels` sums, each times its channel's factor in binary32.
void hwsim_scale_sums(
  int path, const int32_t *sums, ptrdiff_t rows, ptrdiff_t channels, const float *factors,
  hwsim_coding coding, uint8_t *codes);

// Codes of x / scale, divided in binary32.
void hwsim_quantize_values(
  int path, const float *x, ptrdiff_t count, float scale, hwsim_coding coding, uint8_t *codes);

// (code - zero_point) * scale in binary32.
void hwsim_dequantize_codes(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t count, int32_t zero_point, float scale,
  float *values);

// Codes of `offset + a * a_factor + b * b_factor`, each step in binary32, left to right.
void hwsim_blend_codes(
  int path, const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count,
  float offset, float a_factor, float b_factor, hwsim_coding coding, uint8_t *codes);

// Codes of `(a - a_zero) * (b - b_zero) * factor + offset`, each step in binary32.
void hwsim_multiply_codes(
  int path, const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count,
  int32_t a_zero, int32_t b_zero, float factor, float offset, hwsim_coding coding, uint8_t *codes);

// sums[c] += sum over `rows` rows, `pitch` bytes apart, of `channels` codes.
void hwsim_sum_rows(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch,
  ptrdiff_t channels, int32_t *sums);

// largest[c] = the largest of itself and the codes of such rows.
void hwsim_largest_of_rows(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch,
  ptrdiff_t channels, uint8_t *largest);

// The sum of `count` codes.
int64_t hwsim_sum_codes(int path, const uint8_t *codes, bool is_signed, ptrdiff_t count);

#endif
