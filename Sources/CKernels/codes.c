#include "CKernelsCodes.h"
#include "CKernelsGEMM.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-256-bit")))
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

#define INLINE static inline __attribute__((always_inline))

// Contraction to a fused multiply-add would drop a rounding.
#pragma STDC FP_CONTRACT OFF

// Three instances of name##_body and a function that chooses one by the path.
#if HAS_X86
#define DISPATCH(name, parameters, arguments)                                      \
  static void name##_portable parameters { name##_body arguments; }                \
  TARGET_AVX2 static void name##_avx2 parameters { name##_body arguments; }        \
  TARGET_AVX512 static void name##_avx512 parameters { name##_body arguments; }    \
  INLINE void name##_on(int path, void (**run) parameters) {                       \
    *run = path == HWSIM_GEMM_PORTABLE ? name##_portable                           \
           : path == HWSIM_GEMM_VNNI512 ? name##_avx512                            \
                                        : name##_avx2;                             \
  }
#else
#define DISPATCH(name, parameters, arguments)                                      \
  static void name##_portable parameters { name##_body arguments; }                \
  INLINE void name##_on(int path, void (**run) parameters) {                       \
    (void)path;                                                                    \
    *run = name##_portable;                                                        \
  }
#endif

// Transposition

#if defined(__SSE2__)
#include <emmintrin.h>
// A block of 16 by 16 bytes: four rounds of interleaving the first half with the second.
static void transpose_block(
  const uint8_t *from, ptrdiff_t from_pitch, uint8_t *to, ptrdiff_t to_pitch) {
  __m128i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm_loadu_si128((const __m128i *)(from + i * from_pitch));
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 8; i++) {
      b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
      b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
    }
    for (int i = 0; i < 8; i++) {
      a[2 * i] = _mm_unpacklo_epi8(b[i], b[i + 8]);
      a[2 * i + 1] = _mm_unpackhi_epi8(b[i], b[i + 8]);
    }
  }
  for (int i = 0; i < 16; i++) _mm_storeu_si128((__m128i *)(to + i * to_pitch), a[i]);
}
#else
static void transpose_block(
  const uint8_t *from, ptrdiff_t from_pitch, uint8_t *to, ptrdiff_t to_pitch) {
  for (int r = 0; r < 16; r++)
    for (int c = 0; c < 16; c++) to[c * to_pitch + r] = from[r * from_pitch + c];
}
#endif

void hwsim_transpose_bytes(const uint8_t *from, ptrdiff_t rows, ptrdiff_t columns, uint8_t *to) {
  if (rows == 1 || columns == 1) {
    memcpy(to, from, (size_t)(rows * columns));
    return;
  }
  const ptrdiff_t full_rows = rows / 16 * 16, full_columns = columns / 16 * 16;
  for (ptrdiff_t r = 0; r < full_rows; r += 16) {
    for (ptrdiff_t c = 0; c < full_columns; c += 16)
      transpose_block(from + r * columns + c, columns, to + c * rows + r, rows);
    for (ptrdiff_t c = full_columns; c < columns; c++)
      for (ptrdiff_t i = 0; i < 16; i++) to[c * rows + r + i] = from[(r + i) * columns + c];
  }
  for (ptrdiff_t r = full_rows; r < rows; r++)
    for (ptrdiff_t c = 0; c < columns; c++) to[c * rows + r] = from[r * columns + c];
}

// Floats to codes

// Adding 1.5 * 2^23 leaves an integer in the last places of a float, rounded to even.
INLINE uint8_t code_of(float x, hwsim_coding coding) {
  const float magic = 12582912.0f;
  x = x == x ? x : 0.0f;
  x = x < coding.low ? coding.low : x;
  x = x > coding.high ? coding.high : x;
  const float shifted = x + magic;
  int32_t bits;
  memcpy(&bits, &shifted, 4);
  return (uint8_t)(bits - 0x4B400000 + coding.zero_point);
}

INLINE void scale_sums_body(
  const int32_t *sums, ptrdiff_t rows, ptrdiff_t channels, const float *factors,
  hwsim_coding coding, uint8_t *codes) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const int32_t *from = sums + row * channels;
    uint8_t *to = codes + row * channels;
    for (ptrdiff_t c = 0; c < channels; c++) to[c] = code_of((float)from[c] * factors[c], coding);
  }
}
DISPATCH(
  scale_sums,
  (const int32_t *sums, ptrdiff_t rows, ptrdiff_t channels, const float *factors,
   hwsim_coding coding, uint8_t *codes),
  (sums, rows, channels, factors, coding, codes))

void hwsim_scale_sums(
  int path, const int32_t *sums, ptrdiff_t rows, ptrdiff_t channels, const float *factors,
  hwsim_coding coding, uint8_t *codes) {
  void (*run)(const int32_t *, ptrdiff_t, ptrdiff_t, const float *, hwsim_coding, uint8_t *);
  scale_sums_on(path, &run);
  run(sums, rows, channels, factors, coding, codes);
}

INLINE void quantize_body(
  const float *x, ptrdiff_t count, float scale, hwsim_coding coding, uint8_t *codes) {
  for (ptrdiff_t i = 0; i < count; i++) codes[i] = code_of(x[i] / scale, coding);
}
DISPATCH(
  quantize, (const float *x, ptrdiff_t count, float scale, hwsim_coding coding, uint8_t *codes),
  (x, count, scale, coding, codes))

void hwsim_quantize_values(
  int path, const float *x, ptrdiff_t count, float scale, hwsim_coding coding, uint8_t *codes) {
  void (*run)(const float *, ptrdiff_t, float, hwsim_coding, uint8_t *);
  quantize_on(path, &run);
  run(x, count, scale, coding, codes);
}

INLINE int32_t code_at(const uint8_t *codes, ptrdiff_t i, bool is_signed) {
  return is_signed ? (int32_t)(int8_t)codes[i] : (int32_t)codes[i];
}

INLINE void dequantize_body(
  const uint8_t *codes, bool is_signed, ptrdiff_t count, int32_t zero_point, float scale,
  float *values) {
  if (is_signed)
    for (ptrdiff_t i = 0; i < count; i++)
      values[i] = (float)(code_at(codes, i, true) - zero_point) * scale;
  else
    for (ptrdiff_t i = 0; i < count; i++)
      values[i] = (float)(code_at(codes, i, false) - zero_point) * scale;
}
DISPATCH(
  dequantize,
  (const uint8_t *codes, bool is_signed, ptrdiff_t count, int32_t zero_point, float scale,
   float *values),
  (codes, is_signed, count, zero_point, scale, values))

void hwsim_dequantize_codes(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t count, int32_t zero_point, float scale,
  float *values) {
  void (*run)(const uint8_t *, bool, ptrdiff_t, int32_t, float, float *);
  dequantize_on(path, &run);
  run(codes, is_signed, count, zero_point, scale, values);
}

INLINE void blend_loop(
  const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count, float offset,
  float a_factor, float b_factor, hwsim_coding coding, uint8_t *codes) {
  for (ptrdiff_t i = 0; i < count; i++) {
    const float first = offset + (float)code_at(a, i, a_signed) * a_factor;
    codes[i] = code_of(first + (float)code_at(b, i, b_signed) * b_factor, coding);
  }
}

INLINE void blend_body(
  const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count, float offset,
  float a_factor, float b_factor, hwsim_coding coding, uint8_t *codes) {
  if (a_signed && b_signed)
    blend_loop(a, b, true, true, count, offset, a_factor, b_factor, coding, codes);
  else if (!a_signed && !b_signed)
    blend_loop(a, b, false, false, count, offset, a_factor, b_factor, coding, codes);
  else
    blend_loop(a, b, a_signed, b_signed, count, offset, a_factor, b_factor, coding, codes);
}
DISPATCH(
  blend,
  (const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count, float offset,
   float a_factor, float b_factor, hwsim_coding coding, uint8_t *codes),
  (a, b, a_signed, b_signed, count, offset, a_factor, b_factor, coding, codes))

void hwsim_blend_codes(
  int path, const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count,
  float offset, float a_factor, float b_factor, hwsim_coding coding, uint8_t *codes) {
  void (*run)(
    const uint8_t *, const uint8_t *, bool, bool, ptrdiff_t, float, float, float, hwsim_coding,
    uint8_t *);
  blend_on(path, &run);
  run(a, b, a_signed, b_signed, count, offset, a_factor, b_factor, coding, codes);
}

INLINE void multiply_body(
  const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count,
  int32_t a_zero, int32_t b_zero, float factor, float offset, hwsim_coding coding,
  uint8_t *codes) {
  for (ptrdiff_t i = 0; i < count; i++) {
    const int32_t product =
      (code_at(a, i, a_signed) - a_zero) * (code_at(b, i, b_signed) - b_zero);
    codes[i] = code_of((float)product * factor + offset, coding);
  }
}
DISPATCH(
  multiply,
  (const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count,
   int32_t a_zero, int32_t b_zero, float factor, float offset, hwsim_coding coding,
   uint8_t *codes),
  (a, b, a_signed, b_signed, count, a_zero, b_zero, factor, offset, coding, codes))

void hwsim_multiply_codes(
  int path, const uint8_t *a, const uint8_t *b, bool a_signed, bool b_signed, ptrdiff_t count,
  int32_t a_zero, int32_t b_zero, float factor, float offset, hwsim_coding coding,
  uint8_t *codes) {
  void (*run)(
    const uint8_t *, const uint8_t *, bool, bool, ptrdiff_t, int32_t, int32_t, float, float,
    hwsim_coding, uint8_t *);
  multiply_on(path, &run);
  run(a, b, a_signed, b_signed, count, a_zero, b_zero, factor, offset, coding, codes);
}

// Windows

INLINE void sum_rows_body(
  const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch, ptrdiff_t channels,
  int32_t *sums) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const uint8_t *from = codes + row * pitch;
    if (is_signed)
      for (ptrdiff_t c = 0; c < channels; c++) sums[c] += (int32_t)(int8_t)from[c];
    else
      for (ptrdiff_t c = 0; c < channels; c++) sums[c] += (int32_t)from[c];
  }
}
DISPATCH(
  sum_rows,
  (const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch, ptrdiff_t channels,
   int32_t *sums),
  (codes, is_signed, rows, pitch, channels, sums))

void hwsim_sum_rows(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch,
  ptrdiff_t channels, int32_t *sums) {
  void (*run)(const uint8_t *, bool, ptrdiff_t, ptrdiff_t, ptrdiff_t, int32_t *);
  sum_rows_on(path, &run);
  run(codes, is_signed, rows, pitch, channels, sums);
}

INLINE void largest_body(
  const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch, ptrdiff_t channels,
  uint8_t *largest) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const uint8_t *from = codes + row * pitch;
    if (is_signed)
      for (ptrdiff_t c = 0; c < channels; c++)
        largest[c] = (int8_t)from[c] > (int8_t)largest[c] ? from[c] : largest[c];
    else
      for (ptrdiff_t c = 0; c < channels; c++)
        largest[c] = from[c] > largest[c] ? from[c] : largest[c];
  }
}
DISPATCH(
  largest,
  (const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch, ptrdiff_t channels,
   uint8_t *largest),
  (codes, is_signed, rows, pitch, channels, largest))

void hwsim_largest_of_rows(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t pitch,
  ptrdiff_t channels, uint8_t *largest) {
  void (*run)(const uint8_t *, bool, ptrdiff_t, ptrdiff_t, ptrdiff_t, uint8_t *);
  largest_on(path, &run);
  run(codes, is_signed, rows, pitch, channels, largest);
}

INLINE void sum_codes_body(const uint8_t *codes, bool is_signed, ptrdiff_t count, int64_t *sum) {
  int64_t total = 0;
  // Sums of 2^20 codes fit in 32 bits.
  for (ptrdiff_t first = 0; first < count; first += 1 << 20) {
    const ptrdiff_t last = count - first < (1 << 20) ? count : first + (1 << 20);
    int32_t part = 0;
    if (is_signed)
      for (ptrdiff_t i = first; i < last; i++) part += (int32_t)(int8_t)codes[i];
    else
      for (ptrdiff_t i = first; i < last; i++) part += (int32_t)codes[i];
    total += part;
  }
  *sum = total;
}
DISPATCH(
  sum_codes, (const uint8_t *codes, bool is_signed, ptrdiff_t count, int64_t *sum),
  (codes, is_signed, count, sum))

int64_t hwsim_sum_codes(int path, const uint8_t *codes, bool is_signed, ptrdiff_t count) {
  void (*run)(const uint8_t *, bool, ptrdiff_t, int64_t *);
  sum_codes_on(path, &run);
  int64_t sum;
  run(codes, is_signed, count, &sum);
  return sum;
}
