#include "CKernelsBits.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define TARGET_AVX2 __attribute__((target("avx2,lzcnt,bmi,bmi2")))
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

// `value * 2^lsb` as a code of the rule's result.
INLINE uint32_t encode(const hwsim_block_rule *r, int64_t value, int lsb) {
  if (value == 0) return 0;
  const uint32_t sign = (uint32_t)(value < 0) << (r->exponent_bits + r->mantissa_bits);
  const uint64_t magnitude = (uint64_t)(value < 0 ? -value : value);
  const int kept = r->kept_bits;
  const int bias = (1 << (r->exponent_bits - 1)) - 1;
  const int smallest = 1 - bias;
  const int top = 63 - __builtin_clzll(magnitude);
  int exponent = top + lsb < smallest ? smallest : top + lsb;
  const int shift = exponent - kept - lsb;
  uint64_t quotient;
  if (shift <= 0) {
    // A left shift keeps the leading bit at or below bit `kept`.
    quotient = magnitude << -shift;
  } else if (shift > 62) {
    quotient = 0;
  } else {
    quotient = magnitude >> shift;
    if (r->rounds_to_even) {
      const uint64_t rest = magnitude & (((uint64_t)1 << shift) - 1);
      const uint64_t half = (uint64_t)1 << (shift - 1);
      quotient += rest > half || (rest == half && (quotient & 1));
      if (quotient >> (kept + 1)) {
        quotient >>= 1;
        exponent += 1;
      }
    }
  }
  const int dropped = r->mantissa_bits - kept;
  if (exponent > bias)
    return sign | (((uint32_t)1 << r->exponent_bits) - 1) << r->mantissa_bits;
  if (quotient >> kept == 0) return sign | (uint32_t)quotient << dropped;
  return sign | (uint32_t)(exponent + bias) << r->mantissa_bits |
         (uint32_t)(quotient & (((uint64_t)1 << kept) - 1)) << dropped;
}

// One block from the code `c` of the rule's result.
INLINE uint32_t block(
  const hwsim_block_rule *r, const int length, const int32_t *a, const int32_t *ae,
  const int32_t *b, const int32_t *be, uint32_t c) {
  const int bias = (1 << (r->exponent_bits - 1)) - 1;
  const uint32_t field = c >> r->mantissa_bits & (((uint32_t)1 << r->exponent_bits) - 1);
  const uint32_t fraction = c & (((uint32_t)1 << r->mantissa_bits) - 1);
  int64_t significand = fraction | (field ? (uint32_t)1 << r->mantissa_bits : 0);
  const int c_exponent = (int)(field ? field : 1) - bias;
  int largest = significand ? c_exponent : HWSIM_NO_EXPONENT;
  for (int k = 0; k < length; k++) {
    const int exponent = ae[k] + be[k];
    largest = exponent > largest ? exponent : largest;
  }
  if (largest < HWSIM_NO_EXPONENT / 2) return 0;
  // Terms have at most 28 bits; they are added in halves of 16 bits so that 32-bit lanes suffice.
  const int up = r->fraction_bits - r->product_bits;
  int32_t high = 0, low = 0;
  for (int k = 0; k < length; k++) {
    const int32_t product = a[k] * b[k];
    const int32_t sign = product >> 31;
    const uint32_t magnitude = (uint32_t)((product ^ sign) - sign) << up;
    const int distance = largest - (ae[k] + be[k]);
    const uint32_t shifted = magnitude >> (distance > 31 ? 31 : distance);
    const uint32_t term = distance > 31 ? 0 : shifted;
    low += (((int32_t)(term & 0xFFFF)) ^ sign) - sign;
    high += (((int32_t)(term >> 16)) ^ sign) - sign;
  }
  int64_t sum = (int64_t)high * 65536 + low;
  if (significand) {
    const int shift = largest - c_exponent + r->mantissa_bits - r->fraction_bits;
    significand = shift <= 0 ? significand << -shift : shift > 62 ? 0 : significand >> shift;
    sum += c >> (r->exponent_bits + r->mantissa_bits) & 1 ? -significand : significand;
  }
  return encode(r, sum, largest - r->fraction_bits);
}

INLINE void rows_of(
  const hwsim_block_rule *given, const int length, ptrdiff_t rows, ptrdiff_t columns,
  ptrdiff_t depth, const int32_t *a, const int32_t *ae, const int32_t *b, const int32_t *be,
  ptrdiff_t b_step, const uint32_t *c, uint32_t *codes) {
  const hwsim_block_rule rule = *given;
  const uint32_t infinity = (((uint32_t)1 << rule.exponent_bits) - 1) << rule.mantissa_bits;
  for (ptrdiff_t i = 0; i < rows; i++) {
    for (ptrdiff_t j = 0; j < columns; j++) {
      const ptrdiff_t x = i * depth, y = (i * b_step + j) * depth;
      uint32_t sum = c[i * columns + j];
      // An infinity ends the walk: the caller computes such entries by definition.
      for (ptrdiff_t k = 0; k < depth && (sum & infinity) != infinity; k += length)
        sum = block(&rule, length, a + x + k, ae + x + k, b + y + k, be + y + k, sum);
      codes[i * columns + j] = sum;
    }
  }
}

// Known lengths let the inner loops become vectors.
INLINE void product_body(
  const hwsim_block_rule *rule, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
  const int32_t *a, const int32_t *ae, const int32_t *b, const int32_t *be, ptrdiff_t b_step,
  const uint32_t *c, uint32_t *codes) {
  switch (rule->length) {
    case 8: rows_of(rule, 8, rows, columns, depth, a, ae, b, be, b_step, c, codes); break;
    case 16: rows_of(rule, 16, rows, columns, depth, a, ae, b, be, b_step, c, codes); break;
    case 32: rows_of(rule, 32, rows, columns, depth, a, ae, b, be, b_step, c, codes); break;
    default:
      rows_of(rule, rule->length, rows, columns, depth, a, ae, b, be, b_step, c, codes);
      break;
  }
}

#if HAS_X86
TARGET_AVX2 static void product_avx2(
  const hwsim_block_rule *rule, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
  const int32_t *a, const int32_t *ae, const int32_t *b, const int32_t *be, ptrdiff_t b_step,
  const uint32_t *c, uint32_t *codes) {
  product_body(rule, rows, columns, depth, a, ae, b, be, b_step, c, codes);
}
#endif

void hwsim_block_product(
  bool has_avx2, const hwsim_block_rule *rule, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
  const int32_t *a, const int32_t *a_exponents, const int32_t *b, const int32_t *b_exponents,
  ptrdiff_t b_step, const uint32_t *c, uint32_t *codes) {
#if HAS_X86
  if (has_avx2) {
    product_avx2(
      rule, rows, columns, depth, a, a_exponents, b, b_exponents, b_step, c, codes);
    return;
  }
#endif
  (void)has_avx2;
  product_body(rule, rows, columns, depth, a, a_exponents, b, b_exponents, b_step, c, codes);
}
