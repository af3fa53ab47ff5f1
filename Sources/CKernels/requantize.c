#include "CKernelsGEMM.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

#define INLINE static inline __attribute__((always_inline))

// gemmlowp's two roundings: high half of the doubled product (ties up), then a power of two (ties
// away from zero).
INLINE int32_t round_twice(int32_t value, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0, right = shift < 0 ? -shift : 0;
  const int32_t shifted = (int32_t)((uint32_t)value << (left & 31));
  const int32_t high =
    (int32_t)(((int64_t)shifted * (int64_t)multiplier + (1ll << 30)) >> 31);
  const int32_t mask = (int32_t)((1u << (right & 31)) - 1u);
  const int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> (right & 31)) + ((high & mask) > threshold ? 1 : 0);
}

// The exact product rounded once, ties away from zero, saturated; shifts of -31 to 30.
INLINE int32_t round_once(int32_t value, int32_t multiplier, int32_t shift) {
  const int64_t product = (int64_t)value * (int64_t)multiplier;
  const int32_t right = 31 - shift;
  const int64_t mask = (int64_t)((1ull << right) - 1ull);
  const int64_t threshold = (mask >> 1) + (product < 0 ? 1 : 0);
  const int64_t result = (product >> right) + ((product & mask) > threshold ? 1 : 0);
  return result > INT32_MAX ? INT32_MAX : result < INT32_MIN ? INT32_MIN : (int32_t)result;
}

INLINE int32_t clamped(int32_t value, int32_t smallest, int32_t largest) {
  return value < smallest ? smallest : value > largest ? largest : value;
}

#define PARAMETERS                                                                       \
  const hwsim_requantization *rule, const int32_t *sums, ptrdiff_t rows, ptrdiff_t channels, \
    uint8_t *codes
#define ARGUMENTS rule, sums, rows, channels, codes

INLINE void requantize_body(PARAMETERS) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const int32_t *from = sums + row * channels;
    uint8_t *to = codes + row * channels;
    if (rule->rounds_once) {
      for (ptrdiff_t c = 0; c < channels; c++) {
        const int32_t value = round_once(from[c], rule->multipliers[c], rule->shifts[c]);
        to[c] = (uint8_t)clamped(
          (int32_t)((uint32_t)value + (uint32_t)rule->zero_point), rule->smallest, rule->largest);
      }
    } else {
      for (ptrdiff_t c = 0; c < channels; c++) {
        const int32_t value = round_twice(from[c], rule->multipliers[c], rule->shifts[c]);
        to[c] = (uint8_t)clamped(
          (int32_t)((uint32_t)value + (uint32_t)rule->zero_point), rule->smallest, rule->largest);
      }
    }
  }
}

static void requantize_portable(PARAMETERS) { requantize_body(ARGUMENTS); }

#if HAS_X86
TARGET_AVX2 INLINE __m256i round_twice_256(
  __m256i value, __m256i multiplier, __m256i left, __m256i right) {
  const __m256i one = _mm256_set1_epi32(1), nudge = _mm256_set1_epi64x(1ll << 30);
  const __m256i x = _mm256_sllv_epi32(value, left);
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, multiplier), nudge);
  const __m256i odd = _mm256_add_epi64(
    _mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(multiplier, 32)), nudge);
  const __m256i high =
    _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xAA);
  const __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
  const __m256i threshold =
    _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(high, 31));
  const __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), threshold);
  return _mm256_sub_epi32(_mm256_srav_epi32(high, right), up);
}

// Eight channels of one rule, and how to apply it to eight sums.
typedef struct {
  __m256i multiplier, left, right, offset, smallest, largest;
} lanes_256;

TARGET_AVX2 INLINE lanes_256 load_lanes_256(
  const hwsim_requantization *rule, const int32_t *multipliers, const int32_t *shifts) {
  const __m256i shift = _mm256_loadu_si256((const __m256i *)shifts);
  const __m256i zero = _mm256_setzero_si256();
  return (lanes_256){
    _mm256_loadu_si256((const __m256i *)multipliers), _mm256_max_epi32(shift, zero),
    _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero), _mm256_set1_epi32(rule->zero_point),
    _mm256_set1_epi32(rule->smallest), _mm256_set1_epi32(rule->largest)};
}

TARGET_AVX2 INLINE void requantize_lanes_256(
  const lanes_256 *lanes, const int32_t *sums, uint8_t *codes) {
  __m256i value = round_twice_256(
    _mm256_loadu_si256((const __m256i *)sums), lanes->multiplier, lanes->left, lanes->right);
  value = _mm256_add_epi32(value, lanes->offset);
  value = _mm256_min_epi32(_mm256_max_epi32(value, lanes->smallest), lanes->largest);
  // The low bytes of each half's four numbers.
  const __m256i low = _mm256_shuffle_epi8(
    value, _mm256_setr_epi8(
             0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4, 8, 12, -1, -1, -1,
             -1, -1, -1, -1, -1, -1, -1, -1, -1));
  const int32_t first = _mm_cvtsi128_si32(_mm256_castsi256_si128(low));
  const int32_t second = _mm_cvtsi128_si32(_mm256_extracti128_si256(low, 1));
  memcpy(codes, &first, 4);
  memcpy(codes + 4, &second, 4);
}

// Repeats the rules of few channels until they fill `lanes`; false if they do not.
static bool repeat_rules(
  const hwsim_requantization *rule, ptrdiff_t channels, int lanes, int32_t *multipliers,
  int32_t *shifts) {
  if (channels >= lanes || lanes % channels != 0) return false;
  for (int lane = 0; lane < lanes; lane++) {
    multipliers[lane] = rule->multipliers[lane % channels];
    shifts[lane] = rule->shifts[lane % channels];
  }
  return true;
}

TARGET_AVX2 static void requantize_avx2(PARAMETERS) {
  if (rule->rounds_once) {
    requantize_body(ARGUMENTS);
    return;
  }
  int32_t multipliers[8], shifts[8];
  if (repeat_rules(rule, channels, 8, multipliers, shifts)) {
    const lanes_256 lanes = load_lanes_256(rule, multipliers, shifts);
    const ptrdiff_t total = rows * channels, full = total / 8 * 8;
    for (ptrdiff_t i = 0; i < full; i += 8) requantize_lanes_256(&lanes, sums + i, codes + i);
    requantize_body(rule, sums + full, (total - full) / channels, channels, codes + full);
    return;
  }
  ptrdiff_t first = 0;
  for (; first + 8 <= channels; first += 8) {
    const lanes_256 lanes =
      load_lanes_256(rule, rule->multipliers + first, rule->shifts + first);
    for (ptrdiff_t row = 0; row < rows; row++)
      requantize_lanes_256(&lanes, sums + row * channels + first, codes + row * channels + first);
  }
  for (; first < channels; first++)
    for (ptrdiff_t row = 0; row < rows; row++) {
      const int32_t value = round_twice(
        sums[row * channels + first], rule->multipliers[first], rule->shifts[first]);
      codes[row * channels + first] = (uint8_t)clamped(
        (int32_t)((uint32_t)value + (uint32_t)rule->zero_point), rule->smallest, rule->largest);
    }
}

TARGET_AVX512 INLINE __m512i round_twice_512(__m512i value, __m512i multiplier, __m512i left, __m512i right) {
  const __m512i one = _mm512_set1_epi32(1), nudge = _mm512_set1_epi64(1ll << 30);
  const __m512i x = _mm512_sllv_epi32(value, left);
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, multiplier), nudge);
  const __m512i odd = _mm512_add_epi64(
    _mm512_mul_epi32(_mm512_srli_epi64(x, 32), _mm512_srli_epi64(multiplier, 32)), nudge);
  const __m512i high = _mm512_mask_blend_epi32(
    0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
  const __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
  const __m512i threshold =
    _mm512_sub_epi32(_mm512_srli_epi32(mask, 1), _mm512_srai_epi32(high, 31));
  const __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(high, mask), threshold);
  return _mm512_mask_add_epi32(
    _mm512_srav_epi32(high, right), up, _mm512_srav_epi32(high, right), one);
}

// Eight numbers in 64-bit lanes of which the low halves count; saturated.
TARGET_AVX512 INLINE __m512i round_once_lanes(__m512i value, __m512i multiplier, __m512i right) {
  const __m512i one = _mm512_set1_epi64(1);
  const __m512i product = _mm512_mul_epi32(value, multiplier);
  const __m512i mask = _mm512_sub_epi64(_mm512_sllv_epi64(one, right), one);
  const __m512i threshold =
    _mm512_sub_epi64(_mm512_srli_epi64(mask, 1), _mm512_srai_epi64(product, 63));
  const __mmask8 up = _mm512_cmpgt_epi64_mask(_mm512_and_si512(product, mask), threshold);
  const __m512i quotient = _mm512_srav_epi64(product, right);
  const __m512i rounded = _mm512_mask_add_epi64(quotient, up, quotient, one);
  return _mm512_min_epi64(
    _mm512_max_epi64(rounded, _mm512_set1_epi64(INT32_MIN)), _mm512_set1_epi64(INT32_MAX));
}

TARGET_AVX512 static void requantize_once_avx512(PARAMETERS) {
  const __m512i offset = _mm512_set1_epi32(rule->zero_point);
  const __m512i smallest = _mm512_set1_epi32(rule->smallest);
  const __m512i largest = _mm512_set1_epi32(rule->largest);
  for (ptrdiff_t first = 0; first < channels; first += 16) {
    const ptrdiff_t left_over = channels - first;
    const __mmask16 lanes = left_over >= 16 ? 0xFFFF : (__mmask16)((1u << left_over) - 1);
    const __m512i multiplier = _mm512_maskz_loadu_epi32(lanes, rule->multipliers + first);
    const __m512i odd_multiplier = _mm512_srli_epi64(multiplier, 32);
    const __m512i right = _mm512_sub_epi32(
      _mm512_set1_epi32(31), _mm512_maskz_loadu_epi32(lanes, rule->shifts + first));
    const __m512i even_right = _mm512_and_si512(right, _mm512_set1_epi64(0xFFFFFFFF));
    const __m512i odd_right = _mm512_srli_epi64(right, 32);
    for (ptrdiff_t row = 0; row < rows; row++) {
      const __m512i sum = _mm512_maskz_loadu_epi32(lanes, sums + row * channels + first);
      const __m512i even = round_once_lanes(sum, multiplier, even_right);
      const __m512i odd =
        round_once_lanes(_mm512_srli_epi64(sum, 32), odd_multiplier, odd_right);
      __m512i value = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
      value = _mm512_add_epi32(value, offset);
      value = _mm512_min_epi32(_mm512_max_epi32(value, smallest), largest);
      _mm_mask_storeu_epi8(
        codes + row * channels + first, lanes, _mm512_cvtepi32_epi8(value));
    }
  }
}

TARGET_AVX512 static void requantize_avx512(PARAMETERS) {
  if (rule->rounds_once) {
    requantize_once_avx512(ARGUMENTS);
    return;
  }
  int32_t multipliers[16], shifts[16];
  if (repeat_rules(rule, channels, 16, multipliers, shifts)) {
    // The flat numbers have the period of a vector; a rest of less than one goes by channels.
    const hwsim_requantization wide = {
      multipliers, shifts, false, rule->zero_point, rule->smallest, rule->largest};
    const ptrdiff_t full = rows * channels / 16;
    requantize_avx512(&wide, sums, full, 16, codes);
    requantize_body(
      rule, sums + full * 16, (rows * channels - full * 16) / channels, channels,
      codes + full * 16);
    return;
  }
  const __m512i zero = _mm512_setzero_si512();
  const __m512i offset = _mm512_set1_epi32(rule->zero_point);
  const __m512i smallest = _mm512_set1_epi32(rule->smallest);
  const __m512i largest = _mm512_set1_epi32(rule->largest);
  for (ptrdiff_t first = 0; first < channels; first += 16) {
    const ptrdiff_t left_over = channels - first;
    const __mmask16 lanes = left_over >= 16 ? 0xFFFF : (__mmask16)((1u << left_over) - 1);
    const __m512i multiplier = _mm512_maskz_loadu_epi32(lanes, rule->multipliers + first);
    const __m512i shift = _mm512_maskz_loadu_epi32(lanes, rule->shifts + first);
    const __m512i left = _mm512_max_epi32(shift, zero);
    const __m512i right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
    for (ptrdiff_t row = 0; row < rows; row++) {
      const __m512i sum = _mm512_maskz_loadu_epi32(lanes, sums + row * channels + first);
      __m512i value =
        _mm512_add_epi32(round_twice_512(sum, multiplier, left, right), offset);
      value = _mm512_min_epi32(_mm512_max_epi32(value, smallest), largest);
      _mm_mask_storeu_epi8(
        codes + row * channels + first, lanes, _mm512_cvtepi32_epi8(value));
    }
  }
}
#endif

void hwsim_requantize(int path, PARAMETERS) {
#if HAS_X86
  if (path == HWSIM_GEMM_VNNI512) {
    requantize_avx512(ARGUMENTS);
    return;
  }
  if (path >= HWSIM_GEMM_AVX2) {
    requantize_avx2(ARGUMENTS);
    return;
  }
#endif
  (void)path;
  requantize_portable(ARGUMENTS);
}

#define ADD_PARAMETERS                                                                     \
  hwsim_addend a, hwsim_addend b, bool is_signed, int32_t left, int32_t sign,              \
    int32_t multiplier, int32_t shift, int32_t zero_point, int32_t smallest,               \
    int32_t largest, ptrdiff_t count, uint8_t *codes
#define ADD_ARGUMENTS                                                                      \
  a, b, is_signed, left, sign, multiplier, shift, zero_point, smallest, largest, count, codes

INLINE int32_t addend(hwsim_addend x, ptrdiff_t i, bool is_signed, int32_t left) {
  const int32_t code = is_signed ? (int32_t)(int8_t)x.codes[i] : (int32_t)x.codes[i];
  return round_twice(
    (int32_t)((uint32_t)(code - x.zero_point) << left), x.multiplier, x.shift);
}

INLINE void add_body(ADD_PARAMETERS) {
  for (ptrdiff_t i = 0; i < count; i++) {
    const int32_t sum = (int32_t)(
      (uint32_t)addend(a, i, is_signed, left) +
      (uint32_t)sign * (uint32_t)addend(b, i, is_signed, left));
    const int32_t value = round_twice(sum, multiplier, shift);
    codes[i] = (uint8_t)clamped(
      (int32_t)((uint32_t)value + (uint32_t)zero_point), smallest, largest);
  }
}

static void add_portable(ADD_PARAMETERS) { add_body(ADD_ARGUMENTS); }

#if HAS_X86
TARGET_AVX2 static void add_avx2(ADD_PARAMETERS) { add_body(ADD_ARGUMENTS); }

TARGET_AVX512 INLINE __m512i addend_512(
  hwsim_addend x, ptrdiff_t i, __mmask16 lanes, bool is_signed, int32_t left) {
  const __m128i bytes = _mm_maskz_loadu_epi8(lanes, x.codes + i);
  const __m512i code = is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
  const __m512i value =
    _mm512_sll_epi32(_mm512_sub_epi32(code, _mm512_set1_epi32(x.zero_point)), _mm_cvtsi32_si128(left));
  return round_twice_512(
    value, _mm512_set1_epi32(x.multiplier), _mm512_set1_epi32(x.shift > 0 ? x.shift : 0),
    _mm512_set1_epi32(x.shift < 0 ? -x.shift : 0));
}

TARGET_AVX512 static void add_avx512(ADD_PARAMETERS) {
  const __m512i low = _mm512_set1_epi32(smallest), high = _mm512_set1_epi32(largest);
  for (ptrdiff_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = count - i >= 16 ? 0xFFFF : (__mmask16)((1u << (count - i)) - 1);
    const __m512i x = addend_512(a, i, lanes, is_signed, left);
    const __m512i y = addend_512(b, i, lanes, is_signed, left);
    const __m512i sum = sign < 0 ? _mm512_sub_epi32(x, y) : _mm512_add_epi32(x, y);
    __m512i value = round_twice_512(
      sum, _mm512_set1_epi32(multiplier), _mm512_set1_epi32(shift > 0 ? shift : 0),
      _mm512_set1_epi32(shift < 0 ? -shift : 0));
    value = _mm512_add_epi32(value, _mm512_set1_epi32(zero_point));
    value = _mm512_min_epi32(_mm512_max_epi32(value, low), high);
    _mm_mask_storeu_epi8(codes + i, lanes, _mm512_cvtepi32_epi8(value));
  }
}
#endif

void hwsim_add_codes(int path, ADD_PARAMETERS) {
#if HAS_X86
  if (path == HWSIM_GEMM_VNNI512) {
    add_avx512(ADD_ARGUMENTS);
    return;
  }
  if (path >= HWSIM_GEMM_AVX2) {
    add_avx2(ADD_ARGUMENTS);
    return;
  }
#endif
  (void)path;
  add_portable(ADD_ARGUMENTS);
}
