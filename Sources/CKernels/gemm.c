#include "epilogue.h"

#define GROUP 16  // filters side by side in packed weights
// Groups of a panel, whose weights of one unit stand side by side.
#define PANEL(path) ((path) == HWSIM_GEMM_VNNI512 ? 4 : 1)

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
  if (
    repeats == 1 && before_x == 0 && packed_columns == columns && before_y == 0 &&
    packed_rows <= rows) {
    pack_run(path, codes, is_signed, packed_rows * columns * channels, to);
    return;
  }
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

// Order: [panel][segment][unit][group of the panel][filter][element of the unit]; what is missing is 0. The
// last panel may have fewer groups.
void hwsim_gemm_pack_weights(
  int path, const int8_t *weights, ptrdiff_t segments, ptrdiff_t length, ptrdiff_t filters,
  void *packed) {
  const ptrdiff_t bytes = (ptrdiff_t)hwsim_gemm_element_bytes(path);
  const ptrdiff_t each = 4 / bytes;
  const ptrdiff_t units = hwsim_gemm_units(path, length);
  const ptrdiff_t groups = (filters + GROUP - 1) / GROUP * GROUP;
  ptrdiff_t position = 0;
  for (ptrdiff_t first = 0; first < groups; first += PANEL(path) * GROUP)
    for (ptrdiff_t segment = 0; segment < segments; segment++)
      for (ptrdiff_t unit = 0; unit < units; unit++)
        for (ptrdiff_t filter = first; filter < first + PANEL(path) * GROUP && filter < groups; filter++)
          for (ptrdiff_t element = 0; element < each; element++, position++) {
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

// Up to 12 positions a constant pitch apart and one panel of filters.
typedef struct {
  const uint8_t *data;
  ptrdiff_t pitch;  // bytes from a position to the next
  const ptrdiff_t *segment_offsets;
  ptrdiff_t segments, units;
  const uint8_t *weights;
  const int32_t *initial;
  ptrdiff_t filters;  // those from the panel's first on
  // Where sums go, or codes if there is a rule; and filters of a row of them.
  int32_t *sums;
  uint8_t *codes;
  ptrdiff_t result_pitch;
  const hwsim_fused *rule;
  ptrdiff_t rule_block;  // of the panel's first filter
  // Whether whole vectors of codes may be stored where fewer filters are left.
  bool overruns;
  int32_t flip;  // of the units of data
} hwsim_tile;

typedef void (*tile_function)(const hwsim_tile *tile);

// Copies the sums that are wanted out of a full group.
INLINE void store_rows(const int32_t *block, int rows, const hwsim_tile *t) {
  const ptrdiff_t width = t->filters < GROUP ? t->filters : GROUP;
  for (int row = 0; row < rows; row++)
    memcpy(t->sums + row * t->result_pitch, block + row * GROUP, (size_t)width * 4);
}

#if defined(__SSE2__)
#include <emmintrin.h>
// Products of 16-bit pairs: SSE2 belongs to every x86-64.
INLINE void micro_portable(const int count, const hwsim_tile *t) {
  const uint8_t *weights = t->weights;
  __m128i sum[3][4];
  for (int row = 0; row < count; row++)
    for (int part = 0; part < 4; part++)
      sum[row][part] = _mm_loadu_si128((const __m128i *)(t->initial + 4 * part));
  for (ptrdiff_t segment = 0; segment < t->segments; segment++) {
    const uint8_t *data = t->data + t->segment_offsets[segment] * 2;
    for (ptrdiff_t unit = 0; unit < t->units; unit++, weights += 64) {
      __m128i x[3];
      for (int row = 0; row < count; row++)
        x[row] = _mm_set1_epi32(load_unit(data + row * t->pitch + 4 * unit));
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
  store_rows(block, count, t);
}
#else
INLINE void micro_portable(const int count, const hwsim_tile *t) {
  const uint8_t *weights = t->weights;
  uint32_t sum[3][GROUP];
  for (int row = 0; row < count; row++)
    for (int lane = 0; lane < GROUP; lane++) sum[row][lane] = (uint32_t)t->initial[lane];
  for (ptrdiff_t segment = 0; segment < t->segments; segment++) {
    const uint8_t *data = t->data + t->segment_offsets[segment] * 2;
    for (ptrdiff_t unit = 0; unit < t->units; unit++, weights += 64) {
      const int16_t *w = (const int16_t *)weights;
      for (int row = 0; row < count; row++) {
        int16_t x[2];
        memcpy(x, data + row * t->pitch + 4 * unit, 4);
        for (int lane = 0; lane < GROUP; lane++)
          sum[row][lane] += (uint32_t)(x[0] * w[2 * lane] + x[1] * w[2 * lane + 1]);
      }
    }
  }
  store_rows((const int32_t *)sum, count, t);
}
#endif
static void portable_1(const hwsim_tile *t) { micro_portable(1, t); }
static void portable_2(const hwsim_tile *t) { micro_portable(2, t); }
static void portable_3(const hwsim_tile *t) { micro_portable(3, t); }
static const tile_function portable_tiles[] = {portable_1, portable_2, portable_3};

#if HAS_X86
// Stores `bytes` codes of each of two rows that stand side by side in a vector.
TARGET_AVX2 INLINE void store_codes_256(const hwsim_tile *t, int row, int rows, __m256i codes) {
  uint8_t *to = t->codes + row * t->result_pitch;
  if (t->filters >= GROUP || t->overruns) {
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(codes));
    if (row + 1 < rows)
      _mm_storeu_si128(
        (__m128i *)(to + t->result_pitch), _mm256_extracti128_si256(codes, 1));
    return;
  }
  uint8_t both[2 * GROUP];
  _mm256_storeu_si256((__m256i *)both, codes);
  memcpy(to, both, (size_t)t->filters);
  if (row + 1 < rows) memcpy(to + t->result_pitch, both + GROUP, (size_t)t->filters);
}

TARGET_AVX2 INLINE void finish_256(
  const int count, const int kind, const hwsim_tile *t, __m256i sum[6][2]) {
  // A copy, which codes that are stored cannot change.
  const hwsim_fused rule = *t->rule;
#pragma clang loop unroll(full)
  for (int part = 0; part < 2; part++) {
    const fused_256 p = load_fused_256(t->rule, t->rule_block * 2 + part);
#pragma clang loop unroll(full)
    for (int row = 0; row < count; row++)
      sum[row][part] = fused_round_256(&rule, sum[row][part], p, kind);
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < count; row += 2) {
    const int next = row + 1 < count ? row + 1 : row;
    store_codes_256(
      t, row, count,
      fused_codes_256(&rule, sum[row][0], sum[row][1], sum[next][0], sum[next][1]));
  }
}

// Two vectors of eight filters; DOT adds products of one unit to a vector of sums.
#define MICRO_256(name, target, element_bytes, DOT)                                        \
  target INLINE void name(const int count, const hwsim_tile *t) {                          \
    const uint8_t *weights = t->weights;                                                   \
    __m256i sum[6][2];                                                                     \
    for (int row = 0; row < count; row++)                                                  \
      for (int part = 0; part < 2; part++)                                                 \
        sum[row][part] = _mm256_loadu_si256((const __m256i *)(t->initial + 8 * part));     \
    for (ptrdiff_t segment = 0; segment < t->segments; segment++) {                        \
      const uint8_t *data = t->data + t->segment_offsets[segment] * element_bytes;         \
      const uint8_t *x[6];                                                                 \
      for (int row = 0; row < count; row++) x[row] = data + row * t->pitch;                \
      for (ptrdiff_t unit = 0; unit < t->units; unit++, weights += 64) {                   \
        const __m256i w0 = _mm256_loadu_si256((const __m256i *)weights);                   \
        const __m256i w1 = _mm256_loadu_si256((const __m256i *)(weights + 32));            \
        for (int row = 0; row < count; row++) {                                            \
          const __m256i data = _mm256_set1_epi32(load_unit(x[row] + 4 * unit));            \
          sum[row][0] = DOT(sum[row][0], data, w0);                                        \
          sum[row][1] = DOT(sum[row][1], data, w1);                                        \
        }                                                                                  \
      }                                                                                    \
    }                                                                                      \
    if (t->rule) {                                                                         \
      switch (t->rule->kind) {                                                             \
        case HWSIM_FUSED_TWICE: finish_256(count, HWSIM_FUSED_TWICE, t, sum); break;       \
        case HWSIM_FUSED_ONCE: finish_256(count, HWSIM_FUSED_ONCE, t, sum); break;         \
        default: finish_256(count, HWSIM_FUSED_SCALED, t, sum); break;                     \
      }                                                                                    \
      return;                                                                              \
    }                                                                                      \
    int32_t block[6 * GROUP];                                                              \
    for (int row = 0; row < count; row++)                                                  \
      for (int part = 0; part < 2; part++)                                                 \
        _mm256_storeu_si256((__m256i *)(block + row * GROUP + 8 * part), sum[row][part]);  \
    store_rows(block, count, t);                                                           \
  }                                                                                        \
  target static void name##_1(const hwsim_tile *t) { name(1, t); }                         \
  target static void name##_2(const hwsim_tile *t) { name(2, t); }                         \
  target static void name##_3(const hwsim_tile *t) { name(3, t); }                         \
  target static void name##_4(const hwsim_tile *t) { name(4, t); }                         \
  target static void name##_5(const hwsim_tile *t) { name(5, t); }                         \
  target static void name##_6(const hwsim_tile *t) { name(6, t); }                         \
  static const tile_function name##_tiles[] = {name##_1, name##_2, name##_3,               \
                                               name##_4, name##_5, name##_6};

#define DOT_PAIRS(sum, data, w) _mm256_add_epi32(sum, _mm256_madd_epi16(data, w))
#define DOT_BYTES(sum, data, w) _mm256_dpbusd_avx_epi32(sum, data, w)
MICRO_256(micro_avx2, TARGET_AVX2, 2, DOT_PAIRS)
MICRO_256(micro_vnni256, TARGET_VNNI256, 1, DOT_BYTES)

// Stores the codes of `groups` groups of as many rows as fill a vector, from `row` on.
TARGET_VNNI512 INLINE void store_codes_512(
  const int groups, const int rows, const int row, const hwsim_tile *t, __m512i codes) {
  const bool whole = t->filters >= groups * GROUP || t->overruns;
  uint8_t *to = t->codes + row * t->result_pitch;
  const uint64_t mask = t->filters >= 64 ? ~0ull : (1ull << t->filters) - 1;
  if (groups > 2) {
    if (groups == 4 && whole)
      _mm512_storeu_si512(to, codes);
    else
      _mm512_mask_storeu_epi8(to, groups == 4 ? mask : mask & 0xFFFFFFFFFFFF, codes);
  } else if (groups == 2) {
    const __m256i halves[2] = {
      _mm512_castsi512_si256(codes), _mm512_extracti64x4_epi64(codes, 1)};
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 && row + i < rows; i++, to += t->result_pitch) {
      if (whole)
        _mm256_storeu_si256((__m256i *)to, halves[i]);
      else
        _mm256_mask_storeu_epi8(to, (__mmask32)mask, halves[i]);
    }
  } else {
    const __m128i parts[4] = {
      _mm512_castsi512_si128(codes), _mm512_extracti32x4_epi32(codes, 1),
      _mm512_extracti32x4_epi32(codes, 2), _mm512_extracti32x4_epi32(codes, 3)};
#pragma clang loop unroll(full)
    for (int i = 0; i < 4 && row + i < rows; i++, to += t->result_pitch) {
      if (whole)
        _mm_storeu_si128((__m128i *)to, parts[i]);
      else
        _mm_mask_storeu_epi8(to, (__mmask16)mask, parts[i]);
    }
  }
}

TARGET_VNNI512 INLINE void finish_512(
  const int rows, const int groups, const int kind, const hwsim_tile *t,
  __m512i sum[12][4]) {
  // A copy, which codes that are stored cannot change.
  const hwsim_fused rule = *t->rule;
#pragma clang loop unroll(full)
  for (int group = 0; group < groups; group++) {
    const fused_512 p = load_fused_512(t->rule, t->rule_block + group);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
      sum[row][group] = fused_round_512(&rule, sum[row][group], p, kind);
  }
  const int step = groups > 2 ? 1 : 4 / groups;
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row += step) {
    __m512i v[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      const int from = groups > 2 ? row : row + i / groups;
      const int group = groups > 2 ? i : i % groups;
      v[i] = from < rows && group < groups ? sum[from][group] : _mm512_setzero_si512();
    }
    store_codes_512(
      groups, rows, row, t, fused_codes_512(&rule, v[0], v[1], v[2], v[3]));
  }
}

TARGET_VNNI512 INLINE void micro_vnni512(const int rows, const int groups, const hwsim_tile *t) {
  const uint8_t *weights = t->weights;
  __m512i sum[12][4];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int group = 0; group < groups; group++)
      sum[row][group] = _mm512_loadu_si512(t->initial + GROUP * group);
  for (ptrdiff_t segment = 0; segment < t->segments; segment++) {
    const uint8_t *data = t->data + t->segment_offsets[segment];
    const uint8_t *x[12];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) x[row] = data + row * t->pitch;
    for (ptrdiff_t unit = 0; unit < t->units; unit++, weights += 64 * groups) {
      __m512i w[4];
#pragma clang loop unroll(full)
      for (int group = 0; group < groups; group++)
        w[group] = _mm512_loadu_si512(weights + group * 64);
#pragma clang loop unroll(full)
      for (int row = 0; row < rows; row++) {
        __m512i pair = _mm512_set1_epi32(load_unit(x[row] + 4 * unit));
        // One row waits for its weights.
        if (rows == 1) pair = _mm512_xor_si512(pair, _mm512_set1_epi32(t->flip));
#pragma clang loop unroll(full)
        for (int group = 0; group < groups; group++)
          sum[row][group] = _mm512_dpbusd_epi32(sum[row][group], pair, w[group]);
      }
    }
  }
  if (t->rule) {
    switch (t->rule->kind) {
      case HWSIM_FUSED_TWICE: finish_512(rows, groups, HWSIM_FUSED_TWICE, t, sum); break;
      case HWSIM_FUSED_ONCE: finish_512(rows, groups, HWSIM_FUSED_ONCE, t, sum); break;
      default: finish_512(rows, groups, HWSIM_FUSED_SCALED, t, sum); break;
    }
    return;
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
    for (int group = 0; group < groups; group++) {
      const ptrdiff_t left = t->filters - GROUP * group;
      const __mmask16 mask = left >= GROUP ? 0xFFFF : (__mmask16)((1u << left) - 1);
      _mm512_mask_storeu_epi32(
        t->sums + row * t->result_pitch + GROUP * group, mask, sum[row][group]);
    }
}

#define TILE_512(rows, groups)                                              \
  TARGET_VNNI512 static void vnni512_##rows##_##groups(const hwsim_tile *t) { \
    micro_vnni512(rows, groups, t);                                         \
  }
#define TILES_512(groups)                                                              \
  TILE_512(1, groups) TILE_512(2, groups) TILE_512(3, groups) TILE_512(4, groups)      \
  TILE_512(5, groups) TILE_512(6, groups)
TILES_512(1)
TILES_512(2)
TILES_512(3)
TILES_512(4)
TILE_512(8, 1)
TILE_512(12, 1)
#define TILE_ROW(groups)                                                                \
  vnni512_1_##groups, vnni512_2_##groups, vnni512_3_##groups, vnni512_4_##groups,       \
    vnni512_5_##groups, vnni512_6_##groups
static const tile_function vnni512_tiles[4][12] = {
  {TILE_ROW(1), NULL, vnni512_8_1, NULL, NULL, NULL, vnni512_12_1},
  {TILE_ROW(2)},
  {TILE_ROW(3)},
  {TILE_ROW(4)},
};
#endif

// The tiles of a panel of `groups` groups, and how many rows the largest has.
static const tile_function *tiles(int path, ptrdiff_t groups, ptrdiff_t *rows) {
#if HAS_X86
  *rows = 6;
  if (path == HWSIM_GEMM_AVX2) return micro_avx2_tiles;
  if (path == HWSIM_GEMM_VNNI256) return micro_vnni256_tiles;
  if (path == HWSIM_GEMM_VNNI512) {
    if (groups == 1) *rows = 12;
    return vnni512_tiles[groups - 1];
  }
#endif
  (void)path;
  (void)groups;
  *rows = 3;
  return portable_tiles;
}

// Rows of the next tile of `left`: all sizes to 6 exist, of the larger ones 8 and 12.
INLINE ptrdiff_t tile_rows(ptrdiff_t left, ptrdiff_t most) {
  if (left >= most) return most;
  return left > 6 && left != 8 ? (left + 1) / 2 : left;
}

static void product(
  const hwsim_product *p, const hwsim_fused *rule, const void *data, int32_t flip,
  ptrdiff_t first, ptrdiff_t count, int32_t *sums, uint8_t *codes) {
  const ptrdiff_t bytes = (ptrdiff_t)hwsim_gemm_element_bytes(p->path);
  const ptrdiff_t filters = p->filters;
  const ptrdiff_t groups = (filters + GROUP - 1) / GROUP;
  // Rows of positions that follow each other at one distance are one row.
  const ptrdiff_t columns =
    p->row_pitch == p->columns * p->column_pitch ? first + count : p->columns;
  // A block of rows stays in the first caches while every panel of weights passes over it.
  const ptrdiff_t group_bytes = p->segments * p->units * 64;
  const ptrdiff_t row_bytes = p->segments * p->units * 4;
  const ptrdiff_t block =
    count > 12 && row_bytes > 0 ? ((96 << 10) / row_bytes / 12 + 1) * 12 : count;
  const ptrdiff_t panel = PANEL(p->path);
  for (ptrdiff_t begin = 0; begin < count; begin += block) {
    const ptrdiff_t end = begin + block < count ? begin + block : count;
    for (ptrdiff_t group = 0; group < groups; group += panel) {
      const ptrdiff_t wide = groups - group < panel ? groups - group : panel;
      ptrdiff_t most;
      const tile_function *run = tiles(p->path, wide, &most);
      hwsim_tile tile = {
        .pitch = p->column_pitch * bytes,
        .segment_offsets = p->segment_offsets,
        .segments = p->segments,
        .units = p->units,
        .weights = (const uint8_t *)p->weights + group * group_bytes,
        .initial = p->initial + group * GROUP,
        .filters = filters - group * GROUP,
        .result_pitch = filters,
        .rule = rule,
        .rule_block = group,
        .flip = flip,
      };
      const bool single = groups <= panel;
      ptrdiff_t row = 0, column = first + begin;
      if (column >= columns) {
        row = column / columns;
        column %= columns;
      }
      for (ptrdiff_t position = begin; position < end;) {
        ptrdiff_t left = columns - column < end - position ? columns - column : end - position;
        const uint8_t *x =
          (const uint8_t *)data + (row * p->row_pitch + column * p->column_pitch) * bytes;
        column = 0;
        row++;
        while (left > 0) {
          const ptrdiff_t rows = tile_rows(left, most);
          tile.data = x;
          const ptrdiff_t result = position * filters + group * GROUP;
          if (sums) tile.sums = sums + result;
          if (codes) tile.codes = codes + result;
          position += rows;
          left -= rows;
          x += rows * tile.pitch;
          // What is written beyond the filters is written again with the next positions.
          tile.overruns = single && (count - position) * filters >= GROUP;
          run[rows - 1](&tile);
        }
      }
    }
  }
}

void hwsim_gemm_product(
  const hwsim_product *p, const void *data, ptrdiff_t first, ptrdiff_t count, int32_t *sums) {
  product(p, NULL, data, 0, first, count, sums, NULL);
}

void hwsim_gemm_codes(
  const hwsim_product *p, const hwsim_fused *rule, const void *data, ptrdiff_t first,
  ptrdiff_t count, uint8_t *codes) {
  product(p, rule, data, 0, first, count, NULL, codes);
}

bool hwsim_gemm_reads_codes(const hwsim_product *p, ptrdiff_t length) {
  return p->path == HWSIM_GEMM_VNNI512 && length % 4 == 0;
}

void hwsim_gemm_codes_of_codes(
  const hwsim_product *p, const hwsim_fused *rule, const uint8_t *data, bool is_signed,
  uint8_t *codes) {
  product(p, rule, data, is_signed ? (int32_t)0x80808080 : 0, 0, 1, NULL, codes);
}
