#include "CKernelsGEMM.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_VNNI256 __attribute__((target("avx2,avxvnni")))
#define TARGET_VNNI512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define HAS_X86 1
#else
#define HAS_X86 0
#endif

#define INLINE static inline __attribute__((always_inline))
#define GROUP 16  // filters side by side in packed weights

bool hwsim_gemm_has_path(int path) {
#if HAS_X86
  __builtin_cpu_init();
  switch (path) {
    case HWSIM_GEMM_PORTABLE: return true;
    case HWSIM_GEMM_AVX2: return __builtin_cpu_supports("avx2");
    case HWSIM_GEMM_VNNI256:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avxvnni");
    case HWSIM_GEMM_VNNI512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vnni");
    default: return false;
  }
#else
  return path == HWSIM_GEMM_PORTABLE;
#endif
}

int hwsim_gemm_best_path(void) {
  for (int path = HWSIM_GEMM_VNNI512; path > HWSIM_GEMM_PORTABLE; path--)
    if (hwsim_gemm_has_path(path)) return path;
  return HWSIM_GEMM_PORTABLE;
}

size_t hwsim_gemm_element_bytes(int path) { return path >= HWSIM_GEMM_VNNI256 ? 1 : 2; }

int32_t hwsim_gemm_data_offset(int path, bool is_signed) {
  return path >= HWSIM_GEMM_VNNI256 && is_signed ? 128 : 0;
}

// Packing

// One run of codes as packed elements.
INLINE void pack_run(int path, const uint8_t *codes, bool is_signed, ptrdiff_t count, void *packed) {
  if (path >= HWSIM_GEMM_VNNI256) {
    uint8_t *to = packed;
    const uint8_t flip = is_signed ? 0x80 : 0;
    for (ptrdiff_t i = 0; i < count; i++) to[i] = codes[i] ^ flip;
  } else if (is_signed) {
    int16_t *to = packed;
    for (ptrdiff_t i = 0; i < count; i++) to[i] = (int8_t)codes[i];
  } else {
    int16_t *to = packed;
    for (ptrdiff_t i = 0; i < count; i++) to[i] = codes[i];
  }
}

INLINE void pack_padding(int path, uint8_t code, bool is_signed, ptrdiff_t count, void *packed) {
  if (path >= HWSIM_GEMM_VNNI256) {
    memset(packed, code ^ (is_signed ? 0x80 : 0), (size_t)count);
  } else {
    int16_t *to = packed;
    const int16_t value = is_signed ? (int16_t)(int8_t)code : (int16_t)code;
    for (ptrdiff_t i = 0; i < count; i++) to[i] = value;
  }
}

INLINE void pack_image_body(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t columns,
  ptrdiff_t channels, ptrdiff_t repeats, ptrdiff_t before_y, ptrdiff_t before_x,
  ptrdiff_t packed_rows, ptrdiff_t packed_columns, uint8_t padding, void *packed) {
  const ptrdiff_t bytes = (ptrdiff_t)hwsim_gemm_element_bytes(path);
  const ptrdiff_t width = channels * repeats;
  uint8_t *to = packed;
  for (ptrdiff_t y = 0; y < packed_rows; y++) {
    const ptrdiff_t row = y - before_y;
    ptrdiff_t first = before_x < 0 ? 0 : before_x;
    ptrdiff_t last = before_x + columns;
    if (last > packed_columns) last = packed_columns;
    if (row < 0 || row >= rows || last < first) first = last = packed_columns;
    if (first > packed_columns) first = last = packed_columns;
    pack_padding(path, padding, is_signed, first * width, to);
    to += first * width * bytes;
    if (last > first) {
      const uint8_t *from = codes + (row * columns + first - before_x) * channels;
      if (repeats == 1) {
        pack_run(path, from, is_signed, (last - first) * channels, to);
      } else {
        for (ptrdiff_t i = 0; i < (last - first) * channels; i++)
          pack_padding(path, from[i], is_signed, repeats, to + i * repeats * bytes);
      }
    }
    to += (last - first) * width * bytes;
    pack_padding(path, padding, is_signed, (packed_columns - last) * width, to);
    to += (packed_columns - last) * width * bytes;
  }
}

#define PACK_ARGUMENTS                                                                     \
  codes, is_signed, rows, columns, channels, repeats, before_y, before_x, packed_rows,     \
    packed_columns, padding, packed
#define PACK_PARAMETERS                                                                    \
  const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t columns,                 \
    ptrdiff_t channels, ptrdiff_t repeats, ptrdiff_t before_y, ptrdiff_t before_x,         \
    ptrdiff_t packed_rows, ptrdiff_t packed_columns, uint8_t padding, void *packed

#if HAS_X86
TARGET_AVX2 static void pack_image_avx2(PACK_PARAMETERS) {
  pack_image_body(HWSIM_GEMM_AVX2, PACK_ARGUMENTS);
}
TARGET_AVX2 static void pack_image_bytes(PACK_PARAMETERS) {
  pack_image_body(HWSIM_GEMM_VNNI256, PACK_ARGUMENTS);
}
#endif

void hwsim_gemm_pack_image(int path, PACK_PARAMETERS) {
#if HAS_X86
  if (path >= HWSIM_GEMM_VNNI256) {
    pack_image_bytes(PACK_ARGUMENTS);
    return;
  }
  if (path == HWSIM_GEMM_AVX2) {
    pack_image_avx2(PACK_ARGUMENTS);
    return;
  }
#endif
  (void)path;
  pack_image_body(HWSIM_GEMM_PORTABLE, PACK_ARGUMENTS);
}

ptrdiff_t hwsim_gemm_units(int path, ptrdiff_t length) {
  const ptrdiff_t each = 4 / (ptrdiff_t)hwsim_gemm_element_bytes(path);
  return (length + each - 1) / each;
}

size_t hwsim_gemm_weight_bytes(
  int path, ptrdiff_t segments, ptrdiff_t length, ptrdiff_t filters) {
  const ptrdiff_t groups = (filters + GROUP - 1) / GROUP;
  return (size_t)(groups * segments * hwsim_gemm_units(path, length)) * GROUP * 4;
}

// Order: [group of 16 filters][segment][unit][filter][element of the unit]; what is missing is 0.
void hwsim_gemm_pack_weights(
  int path, const int8_t *weights, ptrdiff_t segments, ptrdiff_t length, ptrdiff_t filters,
  void *packed) {
  const ptrdiff_t bytes = (ptrdiff_t)hwsim_gemm_element_bytes(path);
  const ptrdiff_t each = 4 / bytes;
  const ptrdiff_t units = hwsim_gemm_units(path, length);
  ptrdiff_t position = 0;
  for (ptrdiff_t group = 0; group < filters; group += GROUP)
    for (ptrdiff_t segment = 0; segment < segments; segment++)
      for (ptrdiff_t unit = 0; unit < units; unit++)
        for (ptrdiff_t lane = 0; lane < GROUP; lane++)
          for (ptrdiff_t element = 0; element < each; element++, position++) {
            const ptrdiff_t filter = group + lane;
            const ptrdiff_t index = unit * each + element;
            int8_t weight = 0;
            if (filter < filters && index < length)
              weight = weights[(filter * segments + segment) * length + index];
            if (bytes == 1)
              ((int8_t *)packed)[position] = weight;
            else
              ((int16_t *)packed)[position] = weight;
          }
}

// Products

INLINE int32_t load_unit(const uint8_t *from) {
  int32_t unit;
  memcpy(&unit, from, 4);
  return unit;
}

// Copies `filters` (1 to 16 * groups) sums of each row out of full groups.
INLINE void store_rows(
  const int32_t *block, int rows, int groups, ptrdiff_t filters, int32_t *sums, ptrdiff_t pitch) {
  const ptrdiff_t width = filters < groups * GROUP ? filters : groups * GROUP;
  for (int row = 0; row < rows; row++)
    memcpy(sums + row * pitch, block + row * groups * GROUP, (size_t)width * 4);
}

#define MICRO_PARAMETERS                                                                    \
  const uint8_t *const *rows, const ptrdiff_t *segment_offsets, ptrdiff_t segments,         \
    ptrdiff_t units, const uint8_t *weights, ptrdiff_t group_bytes, const int32_t *initial, \
    ptrdiff_t filters, int32_t *sums, ptrdiff_t pitch
#define MICRO_ARGUMENTS                                                                    \
  rows, segment_offsets, segments, units, weights, group_bytes, initial, filters, sums, pitch

#if defined(__SSE2__)
#include <emmintrin.h>
// Products of 16-bit pairs: SSE2 belongs to every x86-64.
INLINE void micro_portable(const int count, MICRO_PARAMETERS) {
  (void)group_bytes;
  __m128i sum[3][4];
  for (int row = 0; row < count; row++)
    for (int part = 0; part < 4; part++)
      sum[row][part] = _mm_loadu_si128((const __m128i *)(initial + 4 * part));
  for (ptrdiff_t segment = 0; segment < segments; segment++) {
    const ptrdiff_t offset = segment_offsets[segment] * 2;
    for (ptrdiff_t unit = 0; unit < units; unit++, weights += 64) {
      __m128i x[3];
      for (int row = 0; row < count; row++)
        x[row] = _mm_set1_epi32(load_unit(rows[row] + offset + 4 * unit));
      for (int part = 0; part < 4; part++) {
        const __m128i w = _mm_loadu_si128((const __m128i *)(weights + 16 * part));
        for (int row = 0; row < count; row++)
          sum[row][part] = _mm_add_epi32(sum[row][part], _mm_madd_epi16(x[row], w));
      }
    }
  }
  int32_t block[3 * GROUP];
  for (int row = 0; row < count; row++)
    for (int part = 0; part < 4; part++)
      _mm_storeu_si128((__m128i *)(block + row * GROUP + 4 * part), sum[row][part]);
  store_rows(block, count, 1, filters, sums, pitch);
}
#else
INLINE void micro_portable(const int count, MICRO_PARAMETERS) {
  (void)group_bytes;
  uint32_t sum[3][GROUP];
  for (int row = 0; row < count; row++)
    for (int lane = 0; lane < GROUP; lane++) sum[row][lane] = (uint32_t)initial[lane];
  for (ptrdiff_t segment = 0; segment < segments; segment++) {
    const ptrdiff_t offset = segment_offsets[segment] * 2;
    for (ptrdiff_t unit = 0; unit < units; unit++, weights += 64) {
      const int16_t *w = (const int16_t *)weights;
      for (int row = 0; row < count; row++) {
        int16_t x[2];
        memcpy(x, rows[row] + offset + 4 * unit, 4);
        for (int lane = 0; lane < GROUP; lane++)
          sum[row][lane] += (uint32_t)(x[0] * w[2 * lane] + x[1] * w[2 * lane + 1]);
      }
    }
  }
  store_rows((const int32_t *)sum, count, 1, filters, sums, pitch);
}
#endif

static void rows_portable(int count, int groups, MICRO_PARAMETERS) {
  (void)groups;
  switch (count) {
    case 3: micro_portable(3, MICRO_ARGUMENTS); break;
    case 2: micro_portable(2, MICRO_ARGUMENTS); break;
    default: micro_portable(1, MICRO_ARGUMENTS); break;
  }
}

#if HAS_X86
// Two vectors of eight filters; DOT adds products of one unit to a vector of sums.
#define MICRO_256(name, target, element_bytes, DOT)                                        \
  target INLINE void name(const int count, MICRO_PARAMETERS) {                             \
    (void)group_bytes;                                                                     \
    __m256i sum[6][2];                                                                     \
    for (int row = 0; row < count; row++)                                                  \
      for (int part = 0; part < 2; part++)                                                 \
        sum[row][part] = _mm256_loadu_si256((const __m256i *)(initial + 8 * part));        \
    for (ptrdiff_t segment = 0; segment < segments; segment++) {                           \
      const ptrdiff_t offset = segment_offsets[segment] * element_bytes;                   \
      const uint8_t *x[6];                                                                 \
      for (int row = 0; row < count; row++) x[row] = rows[row] + offset;                   \
      for (ptrdiff_t unit = 0; unit < units; unit++, weights += 64) {                      \
        const __m256i w0 = _mm256_loadu_si256((const __m256i *)weights);                   \
        const __m256i w1 = _mm256_loadu_si256((const __m256i *)(weights + 32));            \
        for (int row = 0; row < count; row++) {                                            \
          const __m256i data = _mm256_set1_epi32(load_unit(x[row] + 4 * unit));            \
          sum[row][0] = DOT(sum[row][0], data, w0);                                        \
          sum[row][1] = DOT(sum[row][1], data, w1);                                        \
        }                                                                                  \
      }                                                                                    \
    }                                                                                      \
    int32_t block[6 * GROUP];                                                              \
    for (int row = 0; row < count; row++)                                                  \
      for (int part = 0; part < 2; part++)                                                 \
        _mm256_storeu_si256((__m256i *)(block + row * GROUP + 8 * part), sum[row][part]);  \
    store_rows(block, count, 1, filters, sums, pitch);                                     \
  }                                                                                        \
  target static void name##_rows(int count, int groups, MICRO_PARAMETERS) {                \
    (void)groups;                                                                          \
    switch (count) {                                                                       \
      case 6: name(6, MICRO_ARGUMENTS); break;                                             \
      case 5: name(5, MICRO_ARGUMENTS); break;                                             \
      case 4: name(4, MICRO_ARGUMENTS); break;                                             \
      case 3: name(3, MICRO_ARGUMENTS); break;                                             \
      case 2: name(2, MICRO_ARGUMENTS); break;                                             \
      default: name(1, MICRO_ARGUMENTS); break;                                            \
    }                                                                                      \
  }

#define DOT_PAIRS(sum, data, w) _mm256_add_epi32(sum, _mm256_madd_epi16(data, w))
#define DOT_BYTES(sum, data, w) _mm256_dpbusd_avx_epi32(sum, data, w)
MICRO_256(micro_avx2, TARGET_AVX2, 2, DOT_PAIRS)
MICRO_256(micro_vnni256, TARGET_VNNI256, 1, DOT_BYTES)

TARGET_VNNI512 INLINE void micro_vnni512(const int count, const int groups, MICRO_PARAMETERS) {
  __m512i sum[12][4];
#pragma clang loop unroll(full)
  for (int row = 0; row < count; row++)
#pragma clang loop unroll(full)
    for (int group = 0; group < groups; group++)
      sum[row][group] = _mm512_loadu_si512(initial + GROUP * group);
  for (ptrdiff_t segment = 0; segment < segments; segment++) {
    const ptrdiff_t offset = segment_offsets[segment];
    const uint8_t *x[12];
#pragma clang loop unroll(full)
    for (int row = 0; row < count; row++) x[row] = rows[row] + offset;
    for (ptrdiff_t unit = 0; unit < units; unit++, weights += 64) {
      __m512i w[4];
#pragma clang loop unroll(full)
      for (int group = 0; group < groups; group++)
        w[group] = _mm512_loadu_si512(weights + group * group_bytes);
#pragma clang loop unroll(full)
      for (int row = 0; row < count; row++) {
        const __m512i data = _mm512_set1_epi32(load_unit(x[row] + 4 * unit));
#pragma clang loop unroll(full)
        for (int group = 0; group < groups; group++)
          sum[row][group] = _mm512_dpbusd_epi32(sum[row][group], data, w[group]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < count; row++)
#pragma clang loop unroll(full)
    for (int group = 0; group < groups; group++) {
      const ptrdiff_t left = filters - GROUP * group;
      const __mmask16 mask = left >= GROUP ? 0xFFFF : (__mmask16)((1u << left) - 1);
      _mm512_mask_storeu_epi32(sums + row * pitch + GROUP * group, mask, sum[row][group]);
    }
}

#define ROWS_512(groups)                                                                    \
  TARGET_VNNI512 static void rows_vnni512_##groups(int count, MICRO_PARAMETERS) {           \
    switch (count) {                                                                        \
      case 12: if (groups == 1) { micro_vnni512(12, groups, MICRO_ARGUMENTS); } break;      \
      case 6: micro_vnni512(6, groups, MICRO_ARGUMENTS); break;                             \
      case 5: micro_vnni512(5, groups, MICRO_ARGUMENTS); break;                             \
      case 4: micro_vnni512(4, groups, MICRO_ARGUMENTS); break;                             \
      case 3: micro_vnni512(3, groups, MICRO_ARGUMENTS); break;                             \
      case 2: micro_vnni512(2, groups, MICRO_ARGUMENTS); break;                             \
      default: micro_vnni512(1, groups, MICRO_ARGUMENTS); break;                            \
    }                                                                                       \
  }
ROWS_512(1)
ROWS_512(2)
ROWS_512(3)
ROWS_512(4)

static void rows_vnni512(int count, int groups, MICRO_PARAMETERS) {
  switch (groups) {
    case 4: rows_vnni512_4(count, MICRO_ARGUMENTS); break;
    case 3: rows_vnni512_3(count, MICRO_ARGUMENTS); break;
    case 2: rows_vnni512_2(count, MICRO_ARGUMENTS); break;
    default: rows_vnni512_1(count, MICRO_ARGUMENTS); break;
  }
}
#endif

typedef void (*rows_function)(int count, int groups, MICRO_PARAMETERS);

void hwsim_gemm_product(
  const hwsim_product *product, const void *data, ptrdiff_t first, ptrdiff_t count,
  int32_t *sums) {
  rows_function run = rows_portable;
  int most_rows = 3, most_groups = 1;
#if HAS_X86
  if (product->path == HWSIM_GEMM_AVX2) {
    run = micro_avx2_rows;
    most_rows = 6;
  } else if (product->path == HWSIM_GEMM_VNNI256) {
    run = micro_vnni256_rows;
    most_rows = 6;
  } else if (product->path == HWSIM_GEMM_VNNI512) {
    run = rows_vnni512;
    most_rows = 6;
    most_groups = 4;
  }
#endif
  const ptrdiff_t bytes = (ptrdiff_t)hwsim_gemm_element_bytes(product->path);
  const ptrdiff_t group_bytes = product->segments * product->units * 64;
  const ptrdiff_t groups = (product->filters + GROUP - 1) / GROUP;
  if (most_groups > 1 && groups == 1) most_rows = 12;
  // A block of rows stays in the first caches while every panel of weights passes over it.
  const ptrdiff_t row_bytes = product->segments * product->units * 4;
  ptrdiff_t block = row_bytes > 0 ? (96 << 10) / row_bytes : count;
  block = (block / most_rows + 1) * most_rows;
  const uint8_t *base = data;
  for (ptrdiff_t begin = 0; begin < count; begin += block) {
    const ptrdiff_t end = begin + block < count ? begin + block : count;
    for (ptrdiff_t group = 0; group < groups; group += most_groups) {
      const int panel = groups - group < most_groups ? (int)(groups - group) : most_groups;
      const uint8_t *weights = (const uint8_t *)product->weights + group * group_bytes;
      ptrdiff_t position = begin;
      while (position < end) {
        const uint8_t *rows[12];
        int rest = end - position < most_rows ? (int)(end - position) : most_rows;
        if (rest > 6 && rest < 12) rest = 6;
        ptrdiff_t row = (first + position) / product->columns;
        ptrdiff_t column = (first + position) % product->columns;
        for (int index = 0; index < rest; index++) {
          rows[index] =
            base + (row * product->row_pitch + column * product->column_pitch) * bytes;
          if (++column == product->columns) {
            column = 0;
            row++;
          }
        }
        run(
          rest, panel, rows, product->segment_offsets, product->segments, product->units, weights,
          group_bytes, product->initial + group * GROUP, product->filters - group * GROUP,
          sums + position * product->filters + group * GROUP, product->filters);
        position += rest;
      }
    }
  }
}
