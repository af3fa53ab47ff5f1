#include "CKernelsGEMM.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_VNNI512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

#define INLINE static inline __attribute__((always_inline))

// Weights of byte products are kept as [64 channels][4 taps][...] quads, others as 16-bit rows.
static bool uses_quads(int path) { return path == HWSIM_GEMM_VNNI512; }

static ptrdiff_t padded(ptrdiff_t channels) { return (channels + 63) / 64 * 64; }

size_t hwsim_depthwise_weight_bytes(int path, ptrdiff_t taps, ptrdiff_t channels) {
  const ptrdiff_t width = padded(channels);
  return (size_t)(uses_quads(path) ? (taps + 3) / 4 * 4 * width : taps * width * 2);
}

// Quads: [block of 64 channels][group of 4 taps][part 0 to 3][lane 0 to 3][channel 0 to 3][tap].
// Interleaving bytes within 128-bit lanes leaves channel 16 * lane + 4 * part + c in that place.
void hwsim_depthwise_pack_weights(
  int path, const int8_t *weights, ptrdiff_t taps, ptrdiff_t channels, void *packed) {
  const ptrdiff_t width = padded(channels);
  if (!uses_quads(path)) {
    int16_t *to = packed;
    for (ptrdiff_t tap = 0; tap < taps; tap++)
      for (ptrdiff_t channel = 0; channel < width; channel++)
        *to++ = channel < channels ? weights[tap * channels + channel] : 0;
    return;
  }
  int8_t *to = packed;
  for (ptrdiff_t block = 0; block < width; block += 64)
    for (ptrdiff_t group = 0; group < taps; group += 4)
      for (ptrdiff_t part = 0; part < 4; part++)
        for (ptrdiff_t lane = 0; lane < 4; lane++)
          for (ptrdiff_t c = 0; c < 4; c++)
            for (ptrdiff_t t = 0; t < 4; t++) {
              const ptrdiff_t channel = block + 16 * lane + 4 * part + c;
              const ptrdiff_t tap = group + t;
              *to++ = channel < channels && tap < taps ? weights[tap * channels + channel] : 0;
            }
}

// Sums of up to 64 channels of one position from 16-bit elements, or from bytes.
#define ROW_BODY(Element)                                                                    \
  const int16_t *weights = (const int16_t *)d->weights + block;                              \
  const ptrdiff_t width = padded(d->channels);                                               \
  uint32_t sum[64];                                                                          \
  for (ptrdiff_t c = 0; c < count; c++) sum[c] = (uint32_t)d->initial[block + c];            \
  for (ptrdiff_t tap = 0; tap < d->taps; tap++) {                                            \
    const Element *x = (const Element *)base + position + d->tap_offsets[tap] + block;       \
    const int16_t *w = weights + tap * width;                                                \
    for (ptrdiff_t c = 0; c < count; c++) sum[c] += (uint32_t)((int32_t)x[c] * (int32_t)w[c]); \
  }                                                                                          \
  for (ptrdiff_t c = 0; c < count; c++) sums[c] = (int32_t)sum[c];

#define ROW_PARAMETERS                                                                       \
  const hwsim_depthwise *d, const void *base, ptrdiff_t position, ptrdiff_t block,           \
    ptrdiff_t count, int32_t *sums
#define ROW_ARGUMENTS d, base, position, block, count, sums

static void row_portable(ROW_PARAMETERS) { ROW_BODY(int16_t) }
#if HAS_X86
TARGET_AVX2 static void row_avx2(ROW_PARAMETERS) { ROW_BODY(int16_t) }
TARGET_AVX2 static void row_bytes(ROW_PARAMETERS) { ROW_BODY(uint8_t) }

// Four vectors of 16 channels each, interleaved as the weights are, back to channel order.
TARGET_VNNI512 INLINE void store_quads(
  __m512i s0, __m512i s1, __m512i s2, __m512i s3, ptrdiff_t count, int32_t *sums) {
  // Lane l of vector p holds channels 16 l + 4 p to 16 l + 4 p + 3.
  const __m512i a = _mm512_shuffle_i32x4(s0, s1, 0x44), b = _mm512_shuffle_i32x4(s2, s3, 0x44);
  const __m512i c = _mm512_shuffle_i32x4(s0, s1, 0xEE), d = _mm512_shuffle_i32x4(s2, s3, 0xEE);
  const __m512i rows[4] = {
    _mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD),
    _mm512_shuffle_i32x4(c, d, 0x88), _mm512_shuffle_i32x4(c, d, 0xDD)};
#pragma clang loop unroll(full)
  for (int part = 0; part < 4; part++) {
    const ptrdiff_t left = count - 16 * part;
    if (left <= 0) return;
    const __mmask16 mask = left >= 16 ? 0xFFFF : (__mmask16)((1u << left) - 1);
    _mm512_mask_storeu_epi32(sums + 16 * part, mask, rows[part]);
  }
}

TARGET_VNNI512 static void row_quads(ROW_PARAMETERS) {
  const uint8_t *x = (const uint8_t *)base + position + block;
  const ptrdiff_t groups = (d->taps + 3) / 4;
  const int8_t *weights = (const int8_t *)d->weights + block * groups * 4;
  // The first sums in the interleaved order: what store_quads undoes is its own inverse.
  const int32_t *initial = d->initial + block;
  const __m512i i0 = _mm512_loadu_si512(initial), i1 = _mm512_loadu_si512(initial + 16);
  const __m512i i2 = _mm512_loadu_si512(initial + 32), i3 = _mm512_loadu_si512(initial + 48);
  const __m512i a = _mm512_shuffle_i32x4(i0, i1, 0x44), b = _mm512_shuffle_i32x4(i2, i3, 0x44);
  const __m512i c = _mm512_shuffle_i32x4(i0, i1, 0xEE), e = _mm512_shuffle_i32x4(i2, i3, 0xEE);
  __m512i s0 = _mm512_shuffle_i32x4(a, b, 0x88), s1 = _mm512_shuffle_i32x4(a, b, 0xDD);
  __m512i s2 = _mm512_shuffle_i32x4(c, e, 0x88), s3 = _mm512_shuffle_i32x4(c, e, 0xDD);
  const __mmask64 mask = count >= 64 ? ~0ull : (1ull << count) - 1;
  for (ptrdiff_t group = 0; group < groups; group++, weights += 256) {
    __m512i tap[4];
#pragma clang loop unroll(full)
    for (int t = 0; t < 4; t++) {
      const ptrdiff_t index = group * 4 + t;
      // Taps that are missing have weight 0; any address that may be read will do.
      const ptrdiff_t offset = d->tap_offsets[index < d->taps ? index : d->taps - 1];
      tap[t] = _mm512_maskz_loadu_epi8(mask, x + offset);
    }
    const __m512i low01 = _mm512_unpacklo_epi8(tap[0], tap[1]);
    const __m512i high01 = _mm512_unpackhi_epi8(tap[0], tap[1]);
    const __m512i low23 = _mm512_unpacklo_epi8(tap[2], tap[3]);
    const __m512i high23 = _mm512_unpackhi_epi8(tap[2], tap[3]);
    const __m512i q0 = _mm512_unpacklo_epi16(low01, low23);
    const __m512i q1 = _mm512_unpackhi_epi16(low01, low23);
    const __m512i q2 = _mm512_unpacklo_epi16(high01, high23);
    const __m512i q3 = _mm512_unpackhi_epi16(high01, high23);
    s0 = _mm512_dpbusd_epi32(s0, q0, _mm512_loadu_si512(weights));
    s1 = _mm512_dpbusd_epi32(s1, q1, _mm512_loadu_si512(weights + 64));
    s2 = _mm512_dpbusd_epi32(s2, q2, _mm512_loadu_si512(weights + 128));
    s3 = _mm512_dpbusd_epi32(s3, q3, _mm512_loadu_si512(weights + 192));
  }
  store_quads(s0, s1, s2, s3, count, sums);
}
#endif

void hwsim_depthwise_product(
  const hwsim_depthwise *d, const void *data, ptrdiff_t first, ptrdiff_t count, int32_t *sums) {
  void (*run)(ROW_PARAMETERS) = row_portable;
#if HAS_X86
  if (d->path == HWSIM_GEMM_AVX2) run = row_avx2;
  if (d->path == HWSIM_GEMM_VNNI256) run = row_bytes;
  if (d->path == HWSIM_GEMM_VNNI512) run = row_quads;
#endif
  ptrdiff_t row = first / d->columns, column = first % d->columns;
  for (ptrdiff_t index = 0; index < count; index++) {
    const ptrdiff_t position = row * d->row_pitch + column * d->column_pitch;
    for (ptrdiff_t block = 0; block < d->channels; block += 64) {
      const ptrdiff_t left = d->channels - block < 64 ? d->channels - block : 64;
      run(d, data, position, block, left, sums + index * d->channels + block);
    }
    if (++column == d->columns) {
      column = 0;
      row++;
    }
  }
}
