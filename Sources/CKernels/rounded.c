#include "CKernelsRounded.h"

#include "rounding.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

// 16-bit sums

// floor(x * w / 2^16) or, rounding half up, floor((x * w + 2^14) / 2^15), modulo 2^16.
INLINE int16_t product_16(int16_t x, int16_t w, bool half_up) {
  const int32_t product = (int32_t)x * w;
  return (int16_t)(half_up ? (product + (1 << 14)) >> 15 : product >> 16);
}

static void dot4_portable(
  const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms, bool half_up,
  const int16_t *initial, int16_t *sums, ptrdiff_t lanes) {
  for (int o = 0; o < 4; o++) {
    int16_t *sum = sums + o * lanes;
    for (ptrdiff_t l = 0; l < lanes; l++) sum[l] = initial[o];
    for (ptrdiff_t k = 0; k < terms; k++) {
      if (gather[k] < 0) continue;
      const int16_t *x = data + (ptrdiff_t)gather[k] * lanes;
      const int16_t low = weights[k * 8 + o], high = weights[k * 8 + 4 + o];
      for (ptrdiff_t l = 0; l < lanes; l++)
        sum[l] = (int16_t)((uint16_t)sum[l] + (uint16_t)product_16(x[l], low, half_up) +
                           (uint16_t)((uint32_t)(int32_t)x[l] * (uint32_t)(int32_t)high));
    }
  }
}

#if HAS_X86
// Two vectors of samples and four outputs at a time; `BLOCK` is one vector's or two vectors' worth.
#define DOT4(V, WIDTH, PREFIX, LOAD, STORE, ADD, MULHI, MULHRS, MULLO, SET1)                       \
  INLINE void PREFIX##_block(                                                                      \
    const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms,           \
    bool half_up, bool has_high, const int16_t *initial, int16_t *sums, ptrdiff_t lanes,           \
    const int vectors) {                                                                           \
    V s[4][2];                                                                                     \
    for (int o = 0; o < 4; o++)                                                                    \
      for (int v = 0; v < vectors; v++) s[o][v] = SET1(initial[o]);                                \
    for (ptrdiff_t k = 0; k < terms; k++) {                                                        \
      if (gather[k] < 0) continue;                                                                 \
      const int16_t *row = data + (ptrdiff_t)gather[k] * lanes;                                    \
      const int16_t *w = weights + k * 8;                                                          \
      V x[2];                                                                                      \
      for (int v = 0; v < vectors; v++) x[v] = LOAD((const void *)(row + v * WIDTH));              \
      for (int o = 0; o < 4; o++) {                                                                \
        const V low = SET1(w[o]);                                                                  \
        for (int v = 0; v < vectors; v++)                                                          \
          s[o][v] = ADD(s[o][v], half_up ? MULHRS(x[v], low) : MULHI(x[v], low));                  \
      }                                                                                            \
      if (has_high && *(const int64_t *)(const void *)(w + 4) != 0)                                \
        for (int o = 0; o < 4; o++) {                                                              \
          const V high = SET1(w[4 + o]);                                                           \
          for (int v = 0; v < vectors; v++) s[o][v] = ADD(s[o][v], MULLO(x[v], high));             \
        }                                                                                          \
    }                                                                                              \
    for (int o = 0; o < 4; o++)                                                                    \
      for (int v = 0; v < vectors; v++)                                                            \
        STORE((void *)(sums + o * lanes + v * WIDTH), s[o][v]);                                    \
  }

#define LOAD_256(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE_256(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define LOAD_512(p) _mm512_loadu_si512(p)
#define STORE_512(p, v) _mm512_storeu_si512(p, v)

TARGET_AVX2 DOT4(
  __m256i, 16, dot4_256, LOAD_256, STORE_256, _mm256_add_epi16, _mm256_mulhi_epi16,
  _mm256_mulhrs_epi16, _mm256_mullo_epi16, _mm256_set1_epi16)
TARGET_AVX512 DOT4(
  __m512i, 32, dot4_512, LOAD_512, STORE_512, _mm512_add_epi16, _mm512_mulhi_epi16,
  _mm512_mulhrs_epi16, _mm512_mullo_epi16, _mm512_set1_epi16)

TARGET_AVX2 INLINE void dot4_rows_256(
  const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms, bool half_up,
  bool has_high, const int16_t *initial, int16_t *sums, ptrdiff_t lanes, ptrdiff_t first) {
  ptrdiff_t l = first;
  for (; l + 32 <= lanes; l += 32)
    dot4_256_block(
      data + l, gather, weights, terms, half_up, has_high, initial, sums + l, lanes, 2);
  for (; l < lanes; l += 16)
    dot4_256_block(
      data + l, gather, weights, terms, half_up, has_high, initial, sums + l, lanes, 1);
}

TARGET_AVX512 INLINE void dot4_rows_512(
  const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms, bool half_up,
  bool has_high, const int16_t *initial, int16_t *sums, ptrdiff_t lanes) {
  ptrdiff_t l = 0;
  for (; l + 64 <= lanes; l += 64)
    dot4_512_block(
      data + l, gather, weights, terms, half_up, has_high, initial, sums + l, lanes, 2);
  for (; l + 32 <= lanes; l += 32)
    dot4_512_block(
      data + l, gather, weights, terms, half_up, has_high, initial, sums + l, lanes, 1);
  if (l < lanes)
    dot4_rows_256(
      data, gather, weights, terms, half_up, has_high, initial, sums, lanes, l);
}

// The two flags are constants of each compilation.
#define VARIANTS(NAME, TARGET, ROWS, ...)                                                          \
  TARGET static void NAME(                                                                         \
    const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms,           \
    bool half_up, bool has_high, const int16_t *initial, int16_t *sums, ptrdiff_t lanes) {         \
    if (half_up) {                                                                                 \
      if (has_high)                                                                                \
        ROWS(data, gather, weights, terms, true, true, initial, sums, lanes __VA_ARGS__);          \
      else                                                                                         \
        ROWS(data, gather, weights, terms, true, false, initial, sums, lanes __VA_ARGS__);         \
    } else {                                                                                       \
      if (has_high)                                                                                \
        ROWS(data, gather, weights, terms, false, true, initial, sums, lanes __VA_ARGS__);         \
      else                                                                                         \
        ROWS(data, gather, weights, terms, false, false, initial, sums, lanes __VA_ARGS__);        \
    }                                                                                              \
  }
#define COMMA ,
VARIANTS(dot4_avx2, TARGET_AVX2, dot4_rows_256, COMMA 0)
VARIANTS(dot4_avx512, TARGET_AVX512, dot4_rows_512)
#endif

void hwsim_rounded_dot4_i16(
  int path, const int16_t *data, const int32_t *gather, const int16_t *weights, ptrdiff_t terms,
  bool half_up, bool has_high, const int16_t *initial, int16_t *sums, ptrdiff_t lanes) {
#if HAS_X86
  if (path == 2) {
    dot4_avx512(data, gather, weights, terms, half_up, has_high, initial, sums, lanes);
    return;
  }
  if (path == 1) {
    dot4_avx2(data, gather, weights, terms, half_up, has_high, initial, sums, lanes);
    return;
  }
#endif
  dot4_portable(data, gather, weights, terms, half_up, initial, sums, lanes);
}

// 32-bit sums

INLINE void dot4_i32_rounding(
  const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  int32_t right, const int32_t rounding, const int32_t *initial, int32_t *sums, ptrdiff_t lanes) {
  for (ptrdiff_t l = 0; l < lanes; l += 16) {
    uint32_t s[4][16];
    for (int o = 0; o < 4; o++)
      for (int i = 0; i < 16; i++) s[o][i] = (uint32_t)initial[o];
    for (ptrdiff_t k = 0; k < terms; k++) {
      if (gather[k] < 0) continue;
      const int32_t *x = data + (ptrdiff_t)gather[k] * lanes + l;
      for (int o = 0; o < 4; o++) {
        const int32_t w = weights[k * 4 + o];
        for (int i = 0; i < 16; i++) {
          const int32_t product = x[i] * w;
          s[o][i] += (uint32_t)((product + rounding_bias_i32(product, right, rounding)) >> right);
        }
      }
    }
    for (int o = 0; o < 4; o++)
      for (int i = 0; i < 16; i++) sums[o * lanes + l + i] = (int32_t)s[o][i];
  }
}

INLINE void dot4_i32_body(
  const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  int32_t right, int32_t rounding, const int32_t *initial, int32_t *sums, ptrdiff_t lanes) {
#define CASE(R)                                                                                    \
  case R:                                                                                          \
    dot4_i32_rounding(data, gather, weights, terms, right, R, initial, sums, lanes);               \
    break;
  switch (rounding) {
    CASE(HWSIM_ROUND_TO_ZERO)
    CASE(HWSIM_ROUND_HALF_UP)
    CASE(HWSIM_ROUND_HALF_TO_ZERO)
    CASE(HWSIM_ROUND_HALF_AWAY)
    CASE(HWSIM_ROUND_HALF_DOWN)
    CASE(HWSIM_ROUND_HALF_EVEN)
    default:
      dot4_i32_rounding(
        data, gather, weights, terms, right, HWSIM_ROUND_FLOOR, initial, sums, lanes);
  }
#undef CASE
}

DISPATCH(
  dot4_i32,
  (const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
   int32_t right, int32_t rounding, const int32_t *initial, int32_t *sums, ptrdiff_t lanes),
  (data, gather, weights, terms, right, rounding, initial, sums, lanes))

void hwsim_rounded_dot4_i32(
  int path, const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  int32_t right, int32_t rounding, const int32_t *initial, int32_t *sums, ptrdiff_t lanes) {
  (path == 2 ? dot4_i32_avx512 : path == 1 ? dot4_i32_avx2 : dot4_i32_portable)(
    data, gather, weights, terms, right, rounding, initial, sums, lanes);
}

// Conversions

INLINE void narrow_16_body(const int32_t *source, int16_t *destination, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) destination[i] = (int16_t)source[i];
}
INLINE void widen_16_body(const int16_t *source, int32_t *destination, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) destination[i] = source[i];
}
DISPATCH(
  narrow_16, (const int32_t *source, int16_t *destination, ptrdiff_t count),
  (source, destination, count))
DISPATCH(
  widen_16, (const int16_t *source, int32_t *destination, ptrdiff_t count),
  (source, destination, count))

void hwsim_narrow_i16(int path, const int32_t *source, int16_t *destination, ptrdiff_t count) {
  (path == 2 ? narrow_16_avx512 : path == 1 ? narrow_16_avx2 : narrow_16_portable)(
    source, destination, count);
}

void hwsim_widen_i16(int path, const int16_t *source, int32_t *destination, ptrdiff_t count) {
  (path == 2 ? widen_16_avx512 : path == 1 ? widen_16_avx2 : widen_16_portable)(
    source, destination, count);
}

#define CHUNK 64

// One chunk in units of the last place; false where a number is not finite or beyond 28 bits.
INLINE bool fixed_chunk(
  const double *values, int32_t *codes, double scale, bool half_up) {
  int bad = 0;
  for (int i = 0; i < CHUNK; i++) {
    const double scaled = values[i] * scale;
    double floor = __builtin_floor(scaled);
    if (half_up) floor += scaled - floor >= 0.5 ? 1.0 : 0.0;
    // False for NaN, too.
    const bool fits = floor > -268435456.0 && floor < 268435456.0;
    bad |= !fits;
    codes[i] = fits ? (int32_t)floor : 0;
  }
  return !bad;
}

INLINE void fixed_body(
  const double *values, int32_t *codes, ptrdiff_t count, double scale, bool half_up,
  ptrdiff_t *done) {
  ptrdiff_t at = 0;
  for (; at + CHUNK <= count; at += CHUNK)
    if (!(half_up ? fixed_chunk(values + at, codes + at, scale, true)
                  : fixed_chunk(values + at, codes + at, scale, false)))
      break;
  *done = at;
}

DISPATCH(
  fixed,
  (const double *values, int32_t *codes, ptrdiff_t count, double scale, bool half_up,
   ptrdiff_t *done),
  (values, codes, count, scale, half_up, done))

ptrdiff_t hwsim_fixed_from_f64(
  int path, const double *values, int32_t *codes, ptrdiff_t count, double scale, bool half_up) {
  ptrdiff_t done = 0;
  (path == 2 ? fixed_avx512 : path == 1 ? fixed_avx2 : fixed_portable)(
    values, codes, count, scale, half_up, &done);
  return done;
}

INLINE void steps_body(
  const double *values, ptrdiff_t count, float scale, bool ties_away, float low, float high,
  int32_t zero, int32_t *codes, bool *finite) {
  int bad = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    bad |= !(__builtin_fabs(values[i]) <= __DBL_MAX__);
    float steps = (float)values[i] / scale;
    // Clamping first changes nothing, the ends being integers; the order makes a NaN `low`.
    steps = steps > low ? steps : low;
    steps = steps < high ? steps : high;
    const float whole = __builtin_truncf(steps);
    const float rest = __builtin_fabsf(steps - whole);
    const int32_t integer = (int32_t)whole;
    const bool up = ties_away ? rest >= 0.5f : rest > 0.5f || (rest == 0.5f && (integer & 1));
    codes[i] = integer + (up ? (steps < 0 ? -1 : 1) : 0) + zero;
  }
  *finite = !bad;
}

DISPATCH(
  steps,
  (const double *values, ptrdiff_t count, float scale, bool ties_away, float low, float high,
   int32_t zero, int32_t *codes, bool *finite),
  (values, count, scale, ties_away, low, high, zero, codes, finite))

bool hwsim_steps_from_f64(
  int path, const double *values, ptrdiff_t count, float scale, bool ties_away, float low,
  float high, int32_t zero, int32_t *codes) {
  bool finite = true;
  (path == 2 ? steps_avx512 : path == 1 ? steps_avx2 : steps_portable)(
    values, count, scale, ties_away, low, high, zero, codes, &finite);
  return finite;
}
