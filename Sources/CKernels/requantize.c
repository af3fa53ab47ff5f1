#include "epilogue.h"

#define TARGET_AVX512 TARGET_VNNI512

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

static ptrdiff_t fused_lanes(int path) {
#if HAS_X86
  return path == HWSIM_GEMM_VNNI512 ? 16 : path >= HWSIM_GEMM_AVX2 ? 8 : 0;
#else
  return (void)path, 0;
#endif
}

// Whole groups of 16 and more, so that panels may end anywhere.
static ptrdiff_t fused_channels(ptrdiff_t channels) { return (channels + 63) / 64 * 64; }

size_t hwsim_fused_bytes(int path, ptrdiff_t channels) {
  return fused_lanes(path) == 0 ? 0 : (size_t)fused_channels(channels) * 16;
}

bool hwsim_fused_pack(
  int path, const hwsim_requantization *rule, ptrdiff_t channels, const int64_t *largest_sums,
  void *parameters, hwsim_fused *fused) {
  const ptrdiff_t lanes = fused_lanes(path);
  const bool is_signed = rule->smallest >= -128 && rule->largest <= 127;
  if (lanes == 0 || (!is_signed && (rule->smallest < 0 || rule->largest > 255))) return false;
  if (rule->zero_point < -4096 || rule->zero_point > 4096) return false;
  const int32_t offset = is_signed ? 0 : 128;
  for (ptrdiff_t c = 0; c < fused_channels(channels); c++) {
    const int32_t multiplier = c < channels ? rule->multipliers[c] : 0;
    const int32_t right = c < channels ? -rule->shifts[c] : 1;
    const int64_t largest = c < channels ? largest_sums[c] : 0;
    if (multiplier < 0 || right < 1 || right > 31 || largest >= 1ll << 30) return false;
    if (rule->rounds_once && multiplier > 0) {
      // A tie needs a sum with so many factors of 2.
      const int twos = 30 + right - __builtin_ctz((unsigned)multiplier);
      if (twos < 31 && 1ll << twos <= largest) return false;
    }
    const int64_t addend = (1ll << (31 + right)) + (rule->rounds_once ? 0 : 1ll << 31);
    int32_t *block = (int32_t *)parameters + c / lanes * lanes * 4;
    const ptrdiff_t lane = c % lanes;
    block[lane] = multiplier;
    memcpy(block + lanes * (1 + lane % 2) + lane / 2 * 2, &addend, 8);
    block[3 * lanes + lane] = right;
  }
  *fused = (hwsim_fused){
    .parameters = parameters,
    .kind = rule->rounds_once ? HWSIM_FUSED_ONCE : HWSIM_FUSED_TWICE,
    .zero_point = (int16_t)(rule->zero_point - offset),
    .smallest = (int8_t)(rule->smallest - offset),
    .largest = (int8_t)(rule->largest - offset),
    .flip = is_signed ? 0 : 0x80};
  return true;
}

bool hwsim_fused_scale(
  int path, const float *factors, float low, float high, int32_t zero_point, ptrdiff_t channels,
  void *parameters, hwsim_fused *fused) {
  const ptrdiff_t lanes = fused_lanes(path);
  const float smallest = low + (float)zero_point, largest = high + (float)zero_point;
  const bool is_signed = smallest >= -128 && largest <= 127;
  if (lanes == 0 || (!is_signed && !(smallest >= 0 && largest <= 255))) return false;
  if (zero_point < -4096 || zero_point > 4096) return false;
  for (ptrdiff_t c = 0; c < fused_channels(channels); c++) {
    const float factor = c < channels ? factors[c] : 0;
    // A sum of 0 times infinity is no number.
    if (!(factor - factor == 0)) return false;
    memcpy((int32_t *)parameters + c / lanes * lanes * 4 + c % lanes, &factor, 4);
  }
  const int32_t offset = is_signed ? 0 : 128;
  *fused = (hwsim_fused){
    .parameters = parameters,
    .kind = HWSIM_FUSED_SCALED,
    .zero_point = (int16_t)(zero_point - offset),
    .smallest = (int8_t)((int32_t)smallest - offset),
    .largest = (int8_t)((int32_t)largest - offset),
    .flip = is_signed ? 0 : 0x80,
    .low = low,
    .high = high};
  return true;
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

// A multiplier of 1/2 shifts what was shifted to the left.
static bool is_half(const hwsim_addend *x) { return x->multiplier == 1 << 30 && x->shift == 0; }

// Sums of codes: the fused roundings, and an estimate in binary32 that settles most of them.
typedef struct {
  hwsim_fused rule;
  // A code is about code of a * a_factor + code of b * b_factor + start, and surely that where it is not
  // farther than `sure` from its integer.
  float a_factor, b_factor, start, sure;
} add_plan;

// Whether an operand of codes, less than 2^9 in magnitude, has the fused roundings.
static bool fuses(const hwsim_addend *x, int32_t left) {
  return left >= 1 && left <= 20 && x->zero_point >= -128 && x->zero_point <= 255 &&
         (is_half(x) || (x->multiplier >= 0 && x->shift < 0));
}

static double real_multiplier(int32_t multiplier, int32_t shift) {
  return multiplier * 0x1p-31 * (shift < 0 ? 1.0 / (double)(1ll << -shift) : (double)(1ll << shift));
}

// The operands differ from their products by less than 1 each, which the result's multiplier scales down, and
// that rounds by at most 2^(shift - 1) before its last rounding; up to eight roundings in binary32 are of numbers
// that are at most `most`.
static bool plan_addition(ADD_PARAMETERS, add_plan *plan) {
  (void)is_signed, (void)count, (void)codes;
  if (!fuses(&a, left) || !fuses(&b, left) || multiplier < 0 || shift >= 0) return false;
  const bool signed_codes = smallest >= -128 && largest <= 127;
  if (!signed_codes && (smallest < 0 || largest > 255)) return false;
  if (zero_point < -4096 || zero_point > 4096) return false;
  const int32_t offset = signed_codes ? 0 : 128;
  plan->rule = (hwsim_fused){
    .zero_point = (int16_t)(zero_point - offset),
    .smallest = (int8_t)(smallest - offset),
    .largest = (int8_t)(largest - offset),
    .flip = signed_codes ? 0 : 0x80};
  const double scale = real_multiplier(multiplier, shift) * (double)(1 << left);
  const double p = real_multiplier(a.multiplier, a.shift) * scale;
  const double q = real_multiplier(b.multiplier, b.shift) * scale * sign;
  const double most =
    512 * p + 512 * (q < 0 ? -q : q) + (zero_point < 0 ? -zero_point : zero_point);
  const double unsure = 2.5 * real_multiplier(1 << 30, shift + 1) + 8 * 0x1p-24 * most;
  plan->a_factor = (float)p;
  plan->b_factor = (float)q;
  plan->start = (float)(zero_point - a.zero_point * p - b.zero_point * q);
  plan->sure = unsure < 0.0625 && most < 0x1p20 ? (float)(0.5 - unsure) : -1;
  return true;
}

TARGET_AVX2 INLINE fused_256 same_fused_256(int32_t multiplier, int32_t shift) {
  const __m256i m = _mm256_set1_epi32(multiplier);
  const __m256i addend = _mm256_set1_epi64x((1ll << (31 - shift)) + (1ll << 31));
  return (fused_256){m, m, addend, addend, _mm256_set1_epi32(-shift)};
}

TARGET_AVX2 INLINE __m256i addend_256(
  const uint8_t *codes, __m256i zero, __m128i left, const fused_256 p, bool is_signed, bool half) {
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)codes);
  const __m256i code = is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
  const __m256i value = _mm256_sll_epi32(_mm256_sub_epi32(code, zero), left);
  return half ? value : fused_doubled_256(value, p, false);
}

TARGET_AVX2 INLINE __m256 code_256(const uint8_t *codes, bool is_signed) {
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)codes);
  return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
}

TARGET_AVX2 INLINE void add_fused_256(
  const add_plan *plan, const bool a_half, const bool b_half, ADD_PARAMETERS) {
  (void)zero_point, (void)smallest, (void)largest;
  const fused_256 p = same_fused_256(a.multiplier, a.shift), q = same_fused_256(b.multiplier, b.shift);
  const fused_256 result = same_fused_256(multiplier, shift);
  const __m256i a_zero = _mm256_set1_epi32(a.zero_point), b_zero = _mm256_set1_epi32(b.zero_point);
  const __m128i a_left = _mm_cvtsi32_si128(a_half ? left - 1 : left + 1);
  const __m128i b_left = _mm_cvtsi32_si128(b_half ? left - 1 : left + 1);
  const __m256i negative = _mm256_set1_epi32(sign < 0 ? -1 : 0);
  const __m256 a_factor = _mm256_set1_ps(plan->a_factor), start = _mm256_set1_ps(plan->start);
  const __m256 b_factor = _mm256_set1_ps(plan->b_factor), sure = _mm256_set1_ps(plan->sure);
  const __m256 minus = _mm256_set1_ps(-0.0f);
  hwsim_fused with_zero = plan->rule;
  with_zero.zero_point = plan->rule.flip ? -128 : 0;
  for (ptrdiff_t i = 0; i + 32 <= count; i += 32) {
    __m256i v[4];
    __m256 farthest = _mm256_setzero_ps();
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      const __m256 x = _mm256_mul_ps(code_256(a.codes + i + 8 * j, is_signed), a_factor);
      const __m256 y = _mm256_mul_ps(code_256(b.codes + i + 8 * j, is_signed), b_factor);
      const __m256 sum = _mm256_add_ps(_mm256_add_ps(x, start), y);
      v[j] = _mm256_cvtps_epi32(sum);
      const __m256 apart = _mm256_sub_ps(sum, _mm256_cvtepi32_ps(v[j]));
      farthest = _mm256_max_ps(farthest, _mm256_andnot_ps(minus, apart));
    }
    if (_mm256_movemask_ps(_mm256_cmp_ps(farthest, sure, _CMP_NLT_UQ)) == 0) {
      _mm256_storeu_si256(
        (__m256i *)(codes + i), fused_codes_256(&with_zero, v[0], v[1], v[2], v[3]));
      continue;
    }
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      const __m256i x = addend_256(a.codes + i + 8 * j, a_zero, a_left, p, is_signed, a_half);
      __m256i y = addend_256(b.codes + i + 8 * j, b_zero, b_left, q, is_signed, b_half);
      y = _mm256_sub_epi32(_mm256_xor_si256(y, negative), negative);
      v[j] = fused_doubled_256(_mm256_slli_epi32(_mm256_add_epi32(x, y), 1), result, false);
    }
    _mm256_storeu_si256(
      (__m256i *)(codes + i), fused_codes_256(&plan->rule, v[0], v[1], v[2], v[3]));
  }
}

TARGET_VNNI512 INLINE fused_512 same_fused_512(int32_t multiplier, int32_t shift) {
  const __m512i m = _mm512_set1_epi32(multiplier);
  const __m512i addend = _mm512_set1_epi64((1ll << (31 - shift)) + (1ll << 31));
  return (fused_512){m, m, addend, addend, _mm512_set1_epi32(-shift)};
}

TARGET_VNNI512 INLINE __m512i addend_512(
  const uint8_t *codes, __m512i zero, __m128i left, const fused_512 p, bool is_signed, bool half) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)codes);
  const __m512i code = is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
  const __m512i value = _mm512_sll_epi32(_mm512_sub_epi32(code, zero), left);
  return half ? value : fused_doubled_512(value, p, false);
}

TARGET_VNNI512 INLINE __m512 code_512(const uint8_t *codes, bool is_signed) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)codes);
  return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
}

TARGET_VNNI512 INLINE void add_fused_512(
  const add_plan *plan, const bool a_half, const bool b_half, ADD_PARAMETERS) {
  (void)zero_point, (void)smallest, (void)largest;
  const fused_512 p = same_fused_512(a.multiplier, a.shift), q = same_fused_512(b.multiplier, b.shift);
  const fused_512 result = same_fused_512(multiplier, shift);
  const __m512i a_zero = _mm512_set1_epi32(a.zero_point), b_zero = _mm512_set1_epi32(b.zero_point);
  const __m128i a_left = _mm_cvtsi32_si128(a_half ? left - 1 : left + 1);
  const __m128i b_left = _mm_cvtsi32_si128(b_half ? left - 1 : left + 1);
  const __m512i negative = _mm512_set1_epi32(sign < 0 ? -1 : 0);
  const __m512 a_factor = _mm512_set1_ps(plan->a_factor), start = _mm512_set1_ps(plan->start);
  const __m512 b_factor = _mm512_set1_ps(plan->b_factor), sure = _mm512_set1_ps(plan->sure);
  hwsim_fused with_zero = plan->rule;
  with_zero.zero_point = plan->rule.flip ? -128 : 0;
  for (ptrdiff_t i = 0; i + 64 <= count; i += 64) {
    __m512i v[4];
    __m512 farthest = _mm512_setzero_ps();
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      const __m512 x = _mm512_fmadd_ps(code_512(a.codes + i + 16 * j, is_signed), a_factor, start);
      const __m512 sum = _mm512_fmadd_ps(code_512(b.codes + i + 16 * j, is_signed), b_factor, x);
      v[j] = _mm512_cvtps_epi32(sum);
      farthest = _mm512_range_ps(farthest, _mm512_reduce_ps(sum, 0), 0x0B);
    }
    if (_mm512_cmp_ps_mask(farthest, sure, _CMP_NLT_UQ) == 0) {
      _mm512_storeu_si512(codes + i, fused_codes_512(&with_zero, v[0], v[1], v[2], v[3]));
      continue;
    }
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      const __m512i x = addend_512(a.codes + i + 16 * j, a_zero, a_left, p, is_signed, a_half);
      __m512i y = addend_512(b.codes + i + 16 * j, b_zero, b_left, q, is_signed, b_half);
      y = _mm512_sub_epi32(_mm512_xor_si512(y, negative), negative);
      v[j] = fused_doubled_512(_mm512_slli_epi32(_mm512_add_epi32(x, y), 1), result, false);
    }
    _mm512_storeu_si512(codes + i, fused_codes_512(&plan->rule, v[0], v[1], v[2], v[3]));
  }
}

// The larger scale of the two has a multiplier of 1/2, often both.
#define ADD_FUSED(name, target, lanes)                                             \
  target static ptrdiff_t name(const add_plan *plan, ADD_PARAMETERS) {             \
    if (is_half(&a) && is_half(&b))                                                \
      add_fused_##lanes(plan, true, true, ADD_ARGUMENTS);                          \
    else if (is_half(&a))                                                          \
      add_fused_##lanes(plan, true, false, ADD_ARGUMENTS);                         \
    else if (is_half(&b))                                                          \
      add_fused_##lanes(plan, false, true, ADD_ARGUMENTS);                         \
    else                                                                           \
      add_fused_##lanes(plan, false, false, ADD_ARGUMENTS);                        \
    return count / (lanes / 8) * (lanes / 8);                                      \
  }
ADD_FUSED(add_whole_avx2, TARGET_AVX2, 256)
ADD_FUSED(add_whole_avx512, TARGET_VNNI512, 512)
#endif

void hwsim_add_codes(int path, ADD_PARAMETERS) {
#if HAS_X86
  add_plan plan;
  if (path >= HWSIM_GEMM_AVX2 && plan_addition(ADD_ARGUMENTS, &plan)) {
    const ptrdiff_t done = (path == HWSIM_GEMM_VNNI512 ? add_whole_avx512 : add_whole_avx2)(
      &plan, ADD_ARGUMENTS);
    a.codes += done;
    b.codes += done;
    codes += done;
    count -= done;
  }
  if (path >= HWSIM_GEMM_AVX2) {
    add_avx2(ADD_ARGUMENTS);
    return;
  }
#endif
  (void)path;
  add_portable(ADD_ARGUMENTS);
}
