#include "CKernelsBits.h"

#include <string.h>

// The body is written once with vector types (bits_body.h) and compiled for each instruction set by
// the target attribute of the function it is inlined into.
#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_VPOPCNT __attribute__((target("avx512f,avx512bw,avx512vl,avx512vpopcntdq")))
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

bool hwsim_bits_has_path(int path) {
#if HAS_X86
  __builtin_cpu_init();
  switch (path) {
    case HWSIM_BITS_PORTABLE: return true;
    case HWSIM_BITS_AVX2: return __builtin_cpu_supports("avx2");
    case HWSIM_BITS_VPOPCNT:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq");
    default: return false;
  }
#else
  return path == HWSIM_BITS_PORTABLE;
#endif
}

int hwsim_bits_best_path(void) {
  for (int path = HWSIM_BITS_VPOPCNT; path > HWSIM_BITS_PORTABLE; path--)
    if (hwsim_bits_has_path(path)) return path;
  return HWSIM_BITS_PORTABLE;
}

ptrdiff_t hwsim_bits_words(ptrdiff_t length) { return (length + 511) / 512 * 8; }

void hwsim_bits_pack(
  const int64_t *codes, ptrdiff_t rows, ptrdiff_t length, int planes, uint64_t *packed) {
  const ptrdiff_t words = hwsim_bits_words(length);
  memset(packed, 0, (size_t)(rows * planes * words) * 8);
  for (ptrdiff_t row = 0; row < rows; row++) {
    uint64_t *to = packed + row * planes * words;
    const int64_t *from = codes + row * length;
    for (ptrdiff_t first = 0; first < length; first += 64) {
      const ptrdiff_t count = length - first < 64 ? length - first : 64;
      uint64_t gathered[64] = {0};
      for (ptrdiff_t k = 0; k < count; k++) {
        const uint64_t code = (uint64_t)from[first + k];
        for (int plane = 0; plane < planes; plane++) gathered[plane] |= (code >> plane & 1) << k;
      }
      for (int plane = 0; plane < planes; plane++)
        to[plane * words + first / 64] = gathered[plane];
    }
  }
}

// Rows of b that stay in the cache while the rows of a pass.
INLINE ptrdiff_t panel(const hwsim_bit_product *p) {
  const ptrdiff_t bytes = p->b_planes * p->words * 8;
  const ptrdiff_t rows = (ptrdiff_t)(128 * 1024) / bytes;
  return rows < 8 ? 8 : rows / 8 * 8;
}

// The body with vectors of 128 bits, which every processor has, and of 256 bits.
#define LANES 2
#define NAME(x) x##_128
#include "bits_body.h"
#undef LANES
#undef NAME

#if HAS_X86
#define LANES 4
#define NAME(x) x##_256
#include "bits_body.h"
#undef LANES
#undef NAME
#endif

static void product_portable(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, int64_t *sums) {
  product_128(p, a, b, sums);
}

#if HAS_X86
TARGET_AVX2 static void product_avx2(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, int64_t *sums) {
  product_256(p, a, b, sums);
}

// The sum of each vector's lanes, vector j's in lane j.
TARGET_VPOPCNT INLINE __m512i sums_of_lanes(const __m512i *v) {
#define HALVES(x, y) _mm512_add_epi64(_mm512_unpacklo_epi64(x, y), _mm512_unpackhi_epi64(x, y))
#define QUARTERS(x, y) \
  _mm512_add_epi64(_mm512_shuffle_i64x2(x, y, 0x88), _mm512_shuffle_i64x2(x, y, 0xDD))
  const __m512i low = QUARTERS(HALVES(v[0], v[1]), HALVES(v[2], v[3]));
  const __m512i high = QUARTERS(HALVES(v[4], v[5]), HALVES(v[6], v[7]));
  return QUARTERS(low, high);
#undef HALVES
#undef QUARTERS
}

// Eight rows of b against one of a: the counts of all pairs of planes of one weight.
TARGET_VPOPCNT INLINE void weigh8(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, ptrdiff_t count, int64_t *sums,
  const bool is_xor) {
  const ptrdiff_t pitch = p->b_planes * p->words;
  ptrdiff_t rows[8];
  __m512i totals[8];
  for (int j = 0; j < 8; j++) {
    rows[j] = j < count ? j * pitch : 0;
    totals[j] = _mm512_setzero_si512();
  }
  const int a_top = p->a_signed ? p->a_planes - 1 : p->a_planes;
  const int b_top = p->b_signed ? p->b_planes - 1 : p->b_planes;
  for (int s = 0; s < p->a_planes; s++) {
    for (int t = 0; t < p->b_planes; t++) {
      const uint64_t *x = a + s * p->words, *y = b + t * p->words;
      __m512i c[8];
      for (int j = 0; j < 8; j++) c[j] = _mm512_setzero_si512();
      for (ptrdiff_t w = 0; w < p->words; w += 8) {
        const __m512i v = _mm512_loadu_si512(x + w);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
          const __m512i u = _mm512_loadu_si512(y + rows[j] + w);
          c[j] = _mm512_add_epi64(
            c[j],
            _mm512_popcnt_epi64(is_xor ? _mm512_xor_si512(v, u) : _mm512_and_si512(v, u)));
        }
      }
      const __m128i shift = _mm_cvtsi32_si128(s + t);
      const bool is_negative = (s == a_top) != (t == b_top);
      for (int j = 0; j < 8; j++) {
        const __m512i weighed = _mm512_sll_epi64(c[j], shift);
        totals[j] = is_negative ? _mm512_sub_epi64(totals[j], weighed)
                                : _mm512_add_epi64(totals[j], weighed);
      }
    }
  }
  _mm512_mask_storeu_epi64(sums, (__mmask8)(0xFF >> (8 - count)), sums_of_lanes(totals));
}

TARGET_VPOPCNT static void product_vpopcnt(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, int64_t *sums) {
  const ptrdiff_t step = panel(p);
  for (ptrdiff_t first = 0; first < p->columns; first += step) {
    const ptrdiff_t last = first + step < p->columns ? first + step : p->columns;
    for (ptrdiff_t i = 0; i < p->rows; i++) {
      const uint64_t *row = a + i * p->a_planes * p->words;
      for (ptrdiff_t j = first; j < last; j += 8) {
        const ptrdiff_t count = last - j < 8 ? last - j : 8;
        const uint64_t *panel_rows = b + j * p->b_planes * p->words;
        int64_t *to = sums + i * p->columns + j;
        if (p->is_xor) {
          weigh8(p, row, panel_rows, count, to, true);
        } else {
          weigh8(p, row, panel_rows, count, to, false);
        }
      }
    }
  }
}
#endif

void hwsim_bits_product(
  int path, const hwsim_bit_product *product, const uint64_t *a, const uint64_t *b, int64_t *sums) {
#if HAS_X86
  if (path == HWSIM_BITS_VPOPCNT) {
    product_vpopcnt(product, a, b, sums);
    return;
  }
  if (path == HWSIM_BITS_AVX2) {
    product_avx2(product, a, b, sums);
    return;
  }
#endif
  product_portable(product, a, b, sums);
}
