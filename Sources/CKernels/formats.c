#include "CKernelsFormats.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HWSIM_X86 1
#endif

int hwsim_formats_level(void) {
  int best = 1;
#ifdef HWSIM_X86
  if (__builtin_cpu_supports("avx2")) best = 2;
#endif
  const char *wanted = getenv("HWSIM_KERNEL");
  if (wanted == NULL) return best;
  if (strcmp(wanted, "plain") == 0) return 0;
  if (strcmp(wanted, "portable") == 0) return 1;
  return best;
}

static inline uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

uint16_t hwsim_lookup_f32(const float *x, size_t n, const uint64_t *table, uint8_t *codes) {
  uint16_t used = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = bits_of(x[i]);
    uint64_t entry = table[bits >> 16];
    unsigned shift = 32 + 16 * ((bits & 0xffff) >= (uint32_t)entry);
    uint16_t code = (uint16_t)(entry >> shift);
    used |= code;
    codes[i] = (uint8_t)code;
  }
  return used;
}

/* One element. The sum with magic rounds to the subnormal grid, to nearest even like all floats. */
static inline int32_t minifloat_code(uint32_t bits, const hwsim_minifloat *f, int *bad) {
  int32_t magnitude = (int32_t)(bits & 0x7fffffff);
  int32_t sign = -(int32_t)(bits >> 31) & f->sign_bit;
  int shift = 23 - f->mantissa_bits;
  int32_t small = (int32_t)bits_of(float_of((uint32_t)magnitude) + float_of((uint32_t)f->magic_bits)) -
                  f->magic_bits;
  uint32_t odd = ((uint32_t)magnitude >> shift) & 1;
  int32_t normal =
      (int32_t)(((uint32_t)magnitude + ((1u << (shift - 1)) - 1) + odd) >> shift) - f->rebias;
  int32_t code = magnitude < f->normal_bits ? small : normal;
  int is_large = code > f->maximum_code;
  int keeps_sign = is_large ? f->overflow_signed : code != 0 || f->negative_zero;
  code = (is_large ? f->overflow_code : code) | (keeps_sign ? sign : 0);
  int is_nan = magnitude > 0x7f800000;
  *bad |= is_nan & (f->nan_code < 0);
  return is_nan ? f->nan_code & 0xff : code;
}

#ifdef HWSIM_X86
typedef struct {
  __m256i round, rebias, normal, magic, maximum, overflow, nan, sign_mask;
  __m256i overflow_sign, zero_sign;
  __m128i shift;
} minifloat_vectors;

__attribute__((target("avx2"))) static inline minifloat_vectors
vectors_of(const hwsim_minifloat *f) {
  minifloat_vectors v;
  int shift = 23 - f->mantissa_bits;
  v.shift = _mm_cvtsi32_si128(shift);
  v.round = _mm256_set1_epi32((1 << (shift - 1)) - 1);
  v.rebias = _mm256_set1_epi32(f->rebias);
  v.normal = _mm256_set1_epi32(f->normal_bits);
  v.magic = _mm256_set1_epi32(f->magic_bits);
  v.maximum = _mm256_set1_epi32(f->maximum_code);
  v.overflow = _mm256_set1_epi32(f->overflow_code);
  v.nan = _mm256_set1_epi32(f->nan_code & 0xff);
  v.sign_mask = _mm256_set1_epi32(f->sign_bit);
  v.overflow_sign = _mm256_set1_epi32(f->overflow_signed ? -1 : 0);
  v.zero_sign = _mm256_set1_epi32(f->negative_zero ? -1 : 0);
  return v;
}

/* Eight codes in 32-bit lanes; nan_lanes collects where a NaN was. */
__attribute__((target("avx2"))) static inline __m256i
minifloat_lanes(__m256 x, const minifloat_vectors *v, __m256i *nan_lanes) {
  __m256i bits = _mm256_castps_si256(x);
  __m256i magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
  __m256i is_nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7f800000));
  __m256i sign = _mm256_and_si256(_mm256_srai_epi32(bits, 31), v->sign_mask);
  __m256i odd = _mm256_and_si256(_mm256_srl_epi32(magnitude, v->shift), _mm256_set1_epi32(1));
  __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(magnitude, v->round), odd);
  __m256i normal = _mm256_sub_epi32(_mm256_srl_epi32(rounded, v->shift), v->rebias);
  __m256i sum = _mm256_castps_si256(
      _mm256_add_ps(_mm256_castsi256_ps(magnitude), _mm256_castsi256_ps(v->magic)));
  __m256i small = _mm256_sub_epi32(sum, v->magic);
  __m256i is_small = _mm256_cmpgt_epi32(v->normal, magnitude);
  __m256i code = _mm256_blendv_epi8(normal, small, is_small);
  __m256i is_large = _mm256_cmpgt_epi32(code, v->maximum);
  code = _mm256_blendv_epi8(code, v->overflow, is_large);
  /* Signs are kept except on overflows and zeros that have none. */
  __m256i keep = _mm256_or_si256(v->overflow_sign, _mm256_xor_si256(is_large, _mm256_set1_epi32(-1)));
  __m256i is_zero = _mm256_cmpeq_epi32(code, _mm256_setzero_si256());
  keep = _mm256_andnot_si256(_mm256_andnot_si256(v->zero_sign, is_zero), keep);
  code = _mm256_or_si256(code, _mm256_and_si256(sign, keep));
  *nan_lanes = _mm256_or_si256(*nan_lanes, is_nan);
  return _mm256_blendv_epi8(code, v->nan, is_nan);
}

__attribute__((target("avx2"))) static inline __m256i
pack_bytes(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i low = _mm256_packus_epi32(a, b);
  __m256i high = _mm256_packus_epi32(c, d);
  __m256i bytes = _mm256_packus_epi16(low, high);
  return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

__attribute__((target("avx2"))) static int minifloat_avx2(
    const float *x, size_t n, const hwsim_minifloat *format, uint8_t *codes) {
  minifloat_vectors v = vectors_of(format);
  __m256i nan_lanes = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i a = minifloat_lanes(_mm256_loadu_ps(x + i), &v, &nan_lanes);
    __m256i b = minifloat_lanes(_mm256_loadu_ps(x + i + 8), &v, &nan_lanes);
    __m256i c = minifloat_lanes(_mm256_loadu_ps(x + i + 16), &v, &nan_lanes);
    __m256i d = minifloat_lanes(_mm256_loadu_ps(x + i + 24), &v, &nan_lanes);
    _mm256_storeu_si256((__m256i *)(codes + i), pack_bytes(a, b, c, d));
  }
  int bad = format->nan_code < 0 && !_mm256_testz_si256(nan_lanes, nan_lanes);
  for (; i < n; i++) codes[i] = (uint8_t)minifloat_code(bits_of(x[i]), format, &bad);
  return bad;
}
#endif

int hwsim_minifloat_f32(
    const float *x, size_t n, const hwsim_minifloat *format, uint8_t *codes, int level) {
#ifdef HWSIM_X86
  if (level >= 2) return minifloat_avx2(x, n, format, codes);
#endif
  int bad = 0;
  for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)minifloat_code(bits_of(x[i]), format, &bad);
  return bad;
}

/* ---- MX blocks */

static inline int shared_exponent(int32_t largest, int emax) {
  /* A float32 subnormal has a floor(log2) of -127 or less, which the clamp hides for emax >= 0. */
  int exponent = (largest >> 23) - 127 - emax;
  if (largest == 0 || exponent < -127) exponent = -127;
  return exponent > 127 ? 127 : exponent;
}

/* 2^-exponent as a float; 2^-127 is subnormal but exact. */
static inline float reciprocal_power(int exponent) {
  return exponent == 127 ? float_of(0x00400000) : float_of((uint32_t)(127 - exponent) << 23);
}

static int mx_portable(
    const float *x, size_t blocks, int emax, const hwsim_minifloat *format, uint8_t *scales,
    uint8_t *codes) {
  int bad = 0;
  for (size_t block = 0; block < blocks; block++) {
    int32_t largest = 0;
    for (int j = 0; j < 32; j++) {
      int32_t magnitude = (int32_t)(bits_of(x[32 * block + j]) & 0x7fffffff);
      if (magnitude > largest) largest = magnitude;
    }
    bad |= largest >= 0x7f800000;
    int exponent = shared_exponent(largest, emax);
    float factor = reciprocal_power(exponent);
    scales[block] = (uint8_t)(exponent + 127);
    for (int j = 0; j < 32; j++) {
      float value = x[32 * block + j] * factor;
      if (format != NULL) {
        codes[32 * block + j] = (uint8_t)minifloat_code(bits_of(value), format, &bad);
      } else {
        /* The sum with 1.5 * 2^23 leaves the integer nearest to value * 64 in the low bits. */
        float scaled = value * 64.0f;
        scaled = scaled > 127.0f ? 127.0f : scaled < -127.0f ? -127.0f : scaled;
        codes[32 * block + j] = (uint8_t)(bits_of(scaled + 12582912.0f) & 0xff);
      }
    }
  }
  return bad;
}

#ifdef HWSIM_X86
__attribute__((target("avx2"))) static int mx_avx2(
    const float *x, size_t blocks, int emax, const hwsim_minifloat *format, uint8_t *scales,
    uint8_t *codes) {
  minifloat_vectors v;
  if (format != NULL) {
    v = vectors_of(format);
  } else {
    memset(&v, 0, sizeof v);
  }
  __m256i nan_lanes = _mm256_setzero_si256();
  __m256i mask = _mm256_set1_epi32(0x7fffffff);
  int32_t worst = 0;
  for (size_t block = 0; block < blocks; block++) {
    const float *p = x + 32 * block;
    __m256 part[4];
    __m256i largest = _mm256_setzero_si256();
    for (int j = 0; j < 4; j++) {
      part[j] = _mm256_loadu_ps(p + 8 * j);
      largest = _mm256_max_epi32(
          largest, _mm256_and_si256(_mm256_castps_si256(part[j]), mask));
    }
    __m128i half =
        _mm_max_epi32(_mm256_castsi256_si128(largest), _mm256_extracti128_si256(largest, 1));
    half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    int32_t top = _mm_cvtsi128_si32(half);
    if (top > worst) worst = top;
    int exponent = shared_exponent(top, emax);
    scales[block] = (uint8_t)(exponent + 127);
    __m256 factor = _mm256_set1_ps(reciprocal_power(exponent));
    __m256i lanes[4];
    if (format != NULL) {
      for (int j = 0; j < 4; j++)
        lanes[j] = minifloat_lanes(_mm256_mul_ps(part[j], factor), &v, &nan_lanes);
    } else {
      __m256 limit = _mm256_set1_ps(127.0f);
      for (int j = 0; j < 4; j++) {
        __m256 scaled = _mm256_mul_ps(_mm256_mul_ps(part[j], factor), _mm256_set1_ps(64.0f));
        scaled = _mm256_max_ps(_mm256_min_ps(scaled, limit), _mm256_sub_ps(_mm256_setzero_ps(), limit));
        __m256i sum = _mm256_castps_si256(_mm256_add_ps(scaled, _mm256_set1_ps(12582912.0f)));
        lanes[j] = _mm256_and_si256(sum, _mm256_set1_epi32(0xff));
      }
    }
    _mm256_storeu_si256(
        (__m256i *)(codes + 32 * block), pack_bytes(lanes[0], lanes[1], lanes[2], lanes[3]));
  }
  return worst >= 0x7f800000;
}
#endif

int hwsim_mx_quantize_f32(
    const float *x, size_t blocks, int emax, const hwsim_minifloat *format, uint8_t *scales,
    uint8_t *codes, int level) {
#ifdef HWSIM_X86
  if (level >= 2) return mx_avx2(x, blocks, emax, format, scales, codes);
#endif
  return mx_portable(x, blocks, emax, format, scales, codes);
}

/* ---- fixed point */

static inline int32_t requantized(int32_t x, int shift, int32_t low, int32_t high) {
  int32_t floor = x >> shift;
  uint32_t rest = (uint32_t)x & ((1u << shift) - 1);
  uint32_t half = 1u << (shift - 1);
  /* floor is below 2^30 in magnitude, so adding one cannot overflow. */
  int32_t rounded = floor + (rest + ((uint32_t)floor & 1) > half);
  return rounded < low ? low : rounded > high ? high : rounded;
}

#ifdef HWSIM_X86
__attribute__((target("avx2"))) static inline __m256i
requantized_lanes(__m256i x, __m128i shift, __m256i mask, __m256i half, __m256i low, __m256i high) {
  __m256i floor = _mm256_sra_epi32(x, shift);
  __m256i odd = _mm256_and_si256(floor, _mm256_set1_epi32(1));
  /* rest > half - odd says rest > half, or rest == half and the floor is odd. */
  __m256i rest = _mm256_and_si256(x, mask);
  __m256i up = _mm256_cmpgt_epi32(rest, _mm256_sub_epi32(half, odd));
  __m256i rounded = _mm256_sub_epi32(floor, up);
  return _mm256_min_epi32(_mm256_max_epi32(rounded, low), high);
}

__attribute__((target("avx2"))) static size_t requantize_i8_avx2(
    const int32_t *x, size_t n, int shift, int32_t low, int32_t high, int8_t *out) {
  __m128i count = _mm_cvtsi32_si128(shift);
  __m256i mask = _mm256_set1_epi32((int32_t)((1u << shift) - 1));
  __m256i half = _mm256_set1_epi32((int32_t)(1u << (shift - 1)));
  __m256i lows = _mm256_set1_epi32(low), highs = _mm256_set1_epi32(high);
  __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i lanes[4];
    for (int j = 0; j < 4; j++)
      lanes[j] = requantized_lanes(
          _mm256_loadu_si256((const __m256i *)(x + i + 8 * j)), count, mask, half, lows, highs);
    __m256i bytes = _mm256_packs_epi16(
        _mm256_packs_epi32(lanes[0], lanes[1]), _mm256_packs_epi32(lanes[2], lanes[3]));
    _mm256_storeu_si256((__m256i *)(out + i), _mm256_permutevar8x32_epi32(bytes, order));
  }
  return i;
}

__attribute__((target("avx2"))) static size_t requantize_i32_avx2(
    const int32_t *x, size_t n, int shift, int32_t low, int32_t high, int32_t *out) {
  __m128i count = _mm_cvtsi32_si128(shift);
  __m256i mask = _mm256_set1_epi32((int32_t)((1u << shift) - 1));
  __m256i half = _mm256_set1_epi32((int32_t)(1u << (shift - 1)));
  __m256i lows = _mm256_set1_epi32(low), highs = _mm256_set1_epi32(high);
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_si256(
        (__m256i *)(out + i),
        requantized_lanes(
            _mm256_loadu_si256((const __m256i *)(x + i)), count, mask, half, lows, highs));
  return i;
}
#endif

void hwsim_requantize_i32_i8(
    const int32_t *x, size_t n, int shift, int32_t low, int32_t high, int8_t *out, int level) {
  size_t i = 0;
#ifdef HWSIM_X86
  if (level >= 2) i = requantize_i8_avx2(x, n, shift, low, high, out);
#endif
  for (; i < n; i++) out[i] = (int8_t)requantized(x[i], shift, low, high);
}

void hwsim_requantize_i32_i32(
    const int32_t *x, size_t n, int shift, int32_t low, int32_t high, int32_t *out, int level) {
  size_t i = 0;
#ifdef HWSIM_X86
  if (level >= 2) i = requantize_i32_avx2(x, n, shift, low, high, out);
#endif
  for (; i < n; i++) out[i] = requantized(x[i], shift, low, high);
}

static inline int32_t wrapped(uint32_t sum, int width) {
  int spare = 32 - width;
  return (int32_t)(sum << spare) >> spare;
}

#ifdef HWSIM_X86
/* Four rows of b at a time; a pair of 16-bit products wraps modulo 2^32 like the sum itself. */
__attribute__((target("avx2"))) static void wrap_rows_avx2(
    const int16_t *a, const int16_t *b, size_t n, size_t k, int width, int32_t *out) {
  size_t column = 0;
  for (; column + 4 <= n; column += 4) {
    const int16_t *b0 = b + column * k, *b1 = b0 + k, *b2 = b1 + k, *b3 = b2 + k;
    __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
      __m256i x = _mm256_loadu_si256((const __m256i *)(a + i));
      s0 = _mm256_add_epi32(
          s0, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(b0 + i))));
      s1 = _mm256_add_epi32(
          s1, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(b1 + i))));
      s2 = _mm256_add_epi32(
          s2, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(b2 + i))));
      s3 = _mm256_add_epi32(
          s3, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)(b3 + i))));
    }
    __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(s0, s1), _mm256_hadd_epi32(s2, s3));
    __m128i sums =
        _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    uint32_t total[4];
    _mm_storeu_si128((__m128i *)total, sums);
    for (; i < k; i++) {
      uint32_t x = (uint32_t)(int32_t)a[i];
      total[0] += x * (uint32_t)(int32_t)b0[i];
      total[1] += x * (uint32_t)(int32_t)b1[i];
      total[2] += x * (uint32_t)(int32_t)b2[i];
      total[3] += x * (uint32_t)(int32_t)b3[i];
    }
    for (int j = 0; j < 4; j++) out[column + j] = wrapped(total[j], width);
  }
  for (; column < n; column++) {
    uint32_t total = 0;
    for (size_t i = 0; i < k; i++)
      total += (uint32_t)(int32_t)a[i] * (uint32_t)(int32_t)b[column * k + i];
    out[column] = wrapped(total, width);
  }
}
#endif

void hwsim_matmul_wrap_i16(
    const int16_t *a, const int16_t *b, size_t m, size_t n, size_t k, int width, int32_t *out,
    int level) {
  for (size_t row = 0; row < m; row++) {
#ifdef HWSIM_X86
    if (level >= 2) {
      wrap_rows_avx2(a + row * k, b, n, k, width, out + row * n);
      continue;
    }
#endif
    for (size_t column = 0; column < n; column++) {
      uint32_t total = 0;
      for (size_t i = 0; i < k; i++)
        total += (uint32_t)(int32_t)a[row * k + i] * (uint32_t)(int32_t)b[column * k + i];
      out[row * n + column] = wrapped(total, width);
    }
  }
}

static inline int32_t clamped(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

#ifdef HWSIM_X86
/* Columns are independent, so eight of them share an instruction and each keeps its order. */
__attribute__((target("avx2"))) static size_t saturate_columns_avx2(
    const int16_t *a, const int16_t *b, size_t n, size_t k, int32_t low, int32_t high,
    int32_t *out) {
  __m256i lows = _mm256_set1_epi32(low), highs = _mm256_set1_epi32(high);
  size_t column = 0;
  for (; column + 32 <= n; column += 32) {
    __m256i sum[4] = {
        _mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
        _mm256_setzero_si256()};
    for (int j = 0; j < 4; j++) sum[j] = _mm256_min_epi32(_mm256_max_epi32(sum[j], lows), highs);
    for (size_t i = 0; i < k; i++) {
      __m256i x = _mm256_set1_epi32(a[i]);
      const int16_t *row = b + i * n + column;
      for (int j = 0; j < 4; j++) {
        __m256i y = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(row + 8 * j)));
        sum[j] = _mm256_add_epi32(sum[j], _mm256_mullo_epi32(x, y));
        sum[j] = _mm256_min_epi32(_mm256_max_epi32(sum[j], lows), highs);
      }
    }
    for (int j = 0; j < 4; j++)
      _mm256_storeu_si256((__m256i *)(out + column + 8 * j), sum[j]);
  }
  return column;
}
#endif

void hwsim_matmul_saturate_i16(
    const int16_t *a, const int16_t *b, size_t m, size_t n, size_t k, int32_t low, int32_t high,
    int32_t *out, int level) {
  for (size_t row = 0; row < m; row++) {
    size_t column = 0;
#ifdef HWSIM_X86
    if (level >= 2)
      column = saturate_columns_avx2(a + row * k, b, n, k, low, high, out + row * n);
#endif
    for (; column < n; column++) {
      int32_t sum = clamped(0, low, high);
      for (size_t i = 0; i < k; i++)
        sum = clamped(sum + (int32_t)a[row * k + i] * b[i * n + column], low, high);
      out[row * n + column] = sum;
    }
  }
}
