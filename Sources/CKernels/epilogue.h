// What becomes of sums while they are in registers: the roundings of requantize.c in fewer steps, with the
// parameters and under the conditions of `hwsim_fused_pack`.
#ifndef HWSIM_EPILOGUE_H
#define HWSIM_EPILOGUE_H

#include "CKernelsGEMM.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_VNNI256 __attribute__((target("avx2,avxvnni")))
#define TARGET_VNNI512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define HAS_X86 1

// With P = sum * multiplier and s = 1 for a negative sum, both roundings at once are
//   floor((P + 2^30 + 2^(30 + r) - 2^31 s) / 2^(31 + r))                       (two roundings, r >= 1)
//   floor((P + 2^(30 + r)) / 2^(31 + r))                            (one rounding that meets no tie)
// since floor(floor(a / m) / n) = floor(a / (m n)). A sum below 0 whose first rounding gives 0 has no s in the
// definition; it comes out as 0 either way. Doubled, the numerators end above bit 32.

// 16 lanes: multipliers, addends of even and odd lanes, shifts. Rules that scale have factors as multipliers.
typedef struct {
  __m512i multiplier, odd_multiplier, even, odd, right;
} fused_512;

TARGET_VNNI512 INLINE fused_512 load_fused_512(const hwsim_fused *rule, ptrdiff_t block) {
  const int32_t *from = (const int32_t *)rule->parameters + block * 64;
  return (fused_512){
    _mm512_loadu_si512(from), _mm512_loadu_si512(from + 1), _mm512_loadu_si512(from + 16),
    _mm512_loadu_si512(from + 32), _mm512_loadu_si512(from + 48)};
}

TARGET_VNNI512 INLINE __m512i fused_doubled_512(
  __m512i twice, const fused_512 p, const bool rounds_once) {
  const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(twice, p.multiplier), p.even);
  const __m512i odd = _mm512_add_epi64(
    _mm512_mul_epi32(_mm512_srli_epi64(twice, 32), p.odd_multiplier), p.odd);
  __m512i high = _mm512_mask_shuffle_epi32(odd, 0x5555, even, (_MM_PERM_ENUM)0xB1);
  if (!rounds_once)
    high = _mm512_mask_add_epi32(
      high, _mm512_movepi32_mask(twice), high, _mm512_set1_epi32(-1));
  return _mm512_srav_epi32(high, p.right);
}

TARGET_VNNI512 INLINE __m512i fused_round_512(
  const hwsim_fused *rule, __m512i sum, const fused_512 p, const int kind) {
  if (kind != HWSIM_FUSED_SCALED)
    return fused_doubled_512(_mm512_add_epi32(sum, sum), p, kind == HWSIM_FUSED_ONCE);
  __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_castsi512_ps(p.multiplier));
  value = _mm512_max_ps(value, _mm512_set1_ps(rule->low));
  return _mm512_cvtps_epi32(_mm512_min_ps(value, _mm512_set1_ps(rule->high)));
}

// Codes of four vectors in order.
TARGET_VNNI512 INLINE __m512i fused_codes_512(
  const hwsim_fused *rule, __m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i zero = _mm512_set1_epi16(rule->zero_point);
  const __m512i ab = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero);
  const __m512i cd = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zero);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i codes = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(ab, cd));
  codes = _mm512_max_epi8(codes, _mm512_set1_epi8(rule->smallest));
  codes = _mm512_min_epi8(codes, _mm512_set1_epi8(rule->largest));
  return _mm512_xor_si512(codes, _mm512_set1_epi8(rule->flip));
}

// The same with 8 lanes.
typedef struct {
  __m256i multiplier, odd_multiplier, even, odd, right;
} fused_256;

TARGET_AVX2 INLINE fused_256 load_fused_256(const hwsim_fused *rule, ptrdiff_t block) {
  const int32_t *from = (const int32_t *)rule->parameters + block * 32;
  return (fused_256){
    _mm256_loadu_si256((const __m256i *)from), _mm256_loadu_si256((const __m256i *)(from + 1)),
    _mm256_loadu_si256((const __m256i *)(from + 8)),
    _mm256_loadu_si256((const __m256i *)(from + 16)),
    _mm256_loadu_si256((const __m256i *)(from + 24))};
}

TARGET_AVX2 INLINE __m256i fused_doubled_256(
  __m256i twice, const fused_256 p, const bool rounds_once) {
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(twice, p.multiplier), p.even);
  const __m256i odd = _mm256_add_epi64(
    _mm256_mul_epi32(_mm256_srli_epi64(twice, 32), p.odd_multiplier), p.odd);
  __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
  if (!rounds_once) high = _mm256_add_epi32(high, _mm256_srai_epi32(twice, 31));
  return _mm256_srav_epi32(high, p.right);
}

TARGET_AVX2 INLINE __m256i fused_round_256(
  const hwsim_fused *rule, __m256i sum, const fused_256 p, const int kind) {
  if (kind != HWSIM_FUSED_SCALED)
    return fused_doubled_256(_mm256_add_epi32(sum, sum), p, kind == HWSIM_FUSED_ONCE);
  __m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_castsi256_ps(p.multiplier));
  value = _mm256_max_ps(value, _mm256_set1_ps(rule->low));
  return _mm256_cvtps_epi32(_mm256_min_ps(value, _mm256_set1_ps(rule->high)));
}

TARGET_AVX2 INLINE __m256i fused_codes_256(
  const hwsim_fused *rule, __m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i zero = _mm256_set1_epi16(rule->zero_point);
  const __m256i ab = _mm256_adds_epi16(_mm256_packs_epi32(a, b), zero);
  const __m256i cd = _mm256_adds_epi16(_mm256_packs_epi32(c, d), zero);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  __m256i codes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(ab, cd), order);
  codes = _mm256_max_epi8(codes, _mm256_set1_epi8(rule->smallest));
  codes = _mm256_min_epi8(codes, _mm256_set1_epi8(rule->largest));
  return _mm256_xor_si256(codes, _mm256_set1_epi8(rule->flip));
}
#else
#define HAS_X86 0
#endif

#endif
