#include "epilogue.h"

// Depthwise products of whole vectors. The rows under a window are woven into units of 4 bytes first, one of
// each channel and column: 4 rows of bytes, or 2 of 16-bit numbers. A unit serves every window that covers it.

// Units kept at a time of all groups of rows, and what may be touched beyond those of each of them.
enum { WOVEN = 4096, SLACK = 64, MOST_GROUPS = 8 };
// Channels that are woven together.
enum { BLOCK = 64 };

static ptrdiff_t lanes_of(int path) {
#if HAS_X86
  return path == HWSIM_GEMM_VNNI512 ? 16 : path == HWSIM_GEMM_AVX2 ? 8 : 0;
#else
  return (void)path, 0;
#endif
}

static ptrdiff_t rows_of_unit(int path) { return path == HWSIM_GEMM_VNNI512 ? 4 : 2; }

// Columns of windows whose units fit.
static ptrdiff_t columns_at_once(const hwsim_windows *w, ptrdiff_t width) {
  const ptrdiff_t columns = WOVEN / (w->row_groups * width) - (w->kernel_columns - 1) * w->dilation;
  return columns < 1 ? 0 : (columns - 1) / w->stride + 1;
}

// Vectors after which the channels repeat: of few channels, neighbouring windows share a vector.
static ptrdiff_t period(const hwsim_windows *w, ptrdiff_t lanes, ptrdiff_t width, bool *joins) {
  *joins = w->stride == 1 && w->channels < BLOCK && width % lanes != 0;
  if (!*joins) return (width + lanes - 1) / lanes;
  ptrdiff_t vectors = width;
  for (ptrdiff_t half = lanes; half > 1 && vectors % 2 == 0; half /= 2) vectors /= 2;
  return vectors;
}

ptrdiff_t hwsim_windows_lanes(hwsim_windows *w) {
  const ptrdiff_t lanes = lanes_of(w->path);
  if (lanes == 0 || w->channels < 1 || w->stride < 1) return 0;
  w->row_groups = (w->kernel_rows + rows_of_unit(w->path) - 1) / rows_of_unit(w->path);
  if (w->row_groups > MOST_GROUPS || w->kernel_columns > WOVEN || w->dilation > WOVEN) return 0;
  ptrdiff_t vectors = 0;
  for (ptrdiff_t first = 0; first < w->channels; first += BLOCK) {
    const ptrdiff_t width = w->channels - first < BLOCK ? w->channels - first : BLOCK;
    if (columns_at_once(w, width) == 0) return 0;
    bool joins;
    vectors += period(w, lanes, width, &joins);
  }
  return vectors * lanes;
}

void hwsim_windows_channels(const hwsim_windows *w, ptrdiff_t *channels) {
  const ptrdiff_t lanes = lanes_of(w->path);
  for (ptrdiff_t first = 0; first < w->channels; first += BLOCK) {
    const ptrdiff_t width = w->channels - first < BLOCK ? w->channels - first : BLOCK;
    bool joins;
    const ptrdiff_t vectors = period(w, lanes, width, &joins);
    for (ptrdiff_t lane = 0; lane < vectors * lanes; lane++)
      *channels++ = joins ? lane % width : lane < width ? first + lane : -1;
  }
}

void hwsim_windows_pack_weights(
  const hwsim_windows *w, const int8_t *weights, const ptrdiff_t *channels, ptrdiff_t all,
  void *packed) {
  const ptrdiff_t lanes = lanes_of(w->path), rows = rows_of_unit(w->path);
  uint8_t *to = packed;
  for (ptrdiff_t vector = 0; vector < all / lanes; vector++)
    for (ptrdiff_t group = 0; group < w->row_groups; group++)
      for (ptrdiff_t column = 0; column < w->kernel_columns; column++)
        for (ptrdiff_t lane = 0; lane < lanes; lane++)
          for (ptrdiff_t i = 0; i < rows; i++) {
            const ptrdiff_t row = group * rows + i, channel = channels[vector * lanes + lane];
            const bool exists = row < w->kernel_rows && channel >= 0;
            const int16_t weight =
              exists ? weights[(row * w->kernel_columns + column) * w->channels + channel] : 0;
            if (rows == 4)
              *to++ = (uint8_t)weight;
            else
              memcpy(to, &weight, 2), to += 2;
          }
}

#if HAS_X86
// Windows of whole rows of results, or of a part of one, and a block of channels, in woven rows.
typedef struct {
  const uint8_t *woven;      // [group of rows][units]
  ptrdiff_t group_units;     // from a group of rows to the next
  ptrdiff_t column_units;    // from a window's column to its next
  ptrdiff_t step;            // units from a vector to the next of the same channels,
  ptrdiff_t jump;            // those where a row of results ends,
  ptrdiff_t columns;         // which has so many vectors of the same channels
  ptrdiff_t vectors;         // of different channels
  ptrdiff_t count;           // of vectors of the same channels, the last ones perhaps incomplete
  ptrdiff_t result_step;     // results from a vector to the next of the same channels
  ptrdiff_t width;           // of results that exist in the last of different vectors, if not joined
  ptrdiff_t total;           // results in all if joined, else -1
  const uint8_t *weights;    // of the block's first vector
  const int32_t *initial;
  ptrdiff_t rule_block;
  int32_t *sums;
  uint8_t *codes;
} span;

// Results of vector `vector` of repetition `n` that exist.
INLINE ptrdiff_t existing(const span *s, ptrdiff_t vector, ptrdiff_t n, ptrdiff_t lanes) {
  const ptrdiff_t left =
    s->total >= 0 ? s->total - n * s->result_step - vector * lanes : s->width - vector * lanes;
  return left < lanes ? left : lanes;
}

TARGET_VNNI512 INLINE void windows_512(
  const hwsim_fused *given_rule, const span *given, const int kernel_columns,
  const int row_groups, const int kind) {
  // Copies, which codes that are stored cannot change.
  const span here = *given, *s = &here;
  const hwsim_fused rule_here = given_rule ? *given_rule : (hwsim_fused){0};
  const hwsim_fused *rule = given_rule ? &rule_here : NULL;
  const int taps = kernel_columns * row_groups;
  for (ptrdiff_t vector = 0; vector < s->vectors; vector++) {
    const uint8_t *weights = s->weights + vector * taps * 64;
    const __m512i initial = _mm512_loadu_si512(s->initial + vector * 16);
    fused_512 p;
    if (rule) p = load_fused_512(rule, s->rule_block + vector);
    const uint8_t *at = s->woven + vector * 16 * 4;
    ptrdiff_t column = 0;
    for (ptrdiff_t n = 0; n < s->count; n += 4) {
      __m512i sum[4];
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) sum[i] = initial;
      if (existing(s, vector, n, 16) <= 0) break;
      const bool whole = n + 4 <= s->count && existing(s, vector, n + 3, 16) == 16;
      const uint8_t *x[4];
      if (whole && s->columns - column > 4) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) x[i] = at + i * s->step * 4;
        at += 4 * s->step * 4;
        column += 4;
      } else
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) {
        x[i] = at;
        // Where fewer than four vectors are left, the last takes the place of the others.
        if (n + i + 1 >= s->count || existing(s, vector, n + i + 1, 16) <= 0) continue;
        const bool ends = ++column == s->columns;
        at += (ends ? s->jump : s->step) * 4;
        if (ends) column = 0;
      }
      for (int group = 0; group < row_groups; group++)
        for (int tap = 0; tap < kernel_columns; tap++) {
          const ptrdiff_t from = (group * s->group_units + tap * s->column_units) * 4;
          const __m512i weight =
            _mm512_loadu_si512(weights + (group * kernel_columns + tap) * 64);
#pragma clang loop unroll(full)
          for (int i = 0; i < 4; i++)
            sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_loadu_si512(x[i] + from), weight);
        }
      if (!rule) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
          if (n + i >= s->count) break;
          const ptrdiff_t left = existing(s, vector, n + i, 16);
          if (left <= 0) break;
          _mm512_mask_storeu_epi32(
            s->sums + (n + i) * s->result_step + vector * 16, (__mmask16)((1u << left) - 1),
            sum[i]);
        }
        continue;
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) sum[i] = fused_round_512(rule, sum[i], p, kind);
      const __m512i codes = fused_codes_512(rule, sum[0], sum[1], sum[2], sum[3]);
      const __m128i parts[4] = {
        _mm512_castsi512_si128(codes), _mm512_extracti32x4_epi32(codes, 1),
        _mm512_extracti32x4_epi32(codes, 2), _mm512_extracti32x4_epi32(codes, 3)};
      uint8_t *to = s->codes + n * s->result_step + vector * 16;
      if (whole) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
          _mm_storeu_si128((__m128i *)(to + i * s->result_step), parts[i]);
        continue;
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++, to += s->result_step) {
        if (n + i >= s->count) break;
        const ptrdiff_t left = existing(s, vector, n + i, 16);
        if (left == 16)
          _mm_storeu_si128((__m128i *)to, parts[i]);
        else if (left > 0)
          _mm_mask_storeu_epi8(to, (__mmask16)((1u << left) - 1), parts[i]);
      }
    }
  }
}

TARGET_VNNI512 static void span_512(
  const hwsim_windows *w, const hwsim_fused *rule, const span *s) {
  const int kind = rule ? rule->kind : HWSIM_FUSED_TWICE;
  if (w->kernel_columns == 3 && w->row_groups == 1) {
    switch (kind) {
      case HWSIM_FUSED_TWICE: windows_512(rule, s, 3, 1, HWSIM_FUSED_TWICE); break;
      case HWSIM_FUSED_ONCE: windows_512(rule, s, 3, 1, HWSIM_FUSED_ONCE); break;
      default: windows_512(rule, s, 3, 1, HWSIM_FUSED_SCALED); break;
    }
  } else {
    windows_512(rule, s, (int)w->kernel_columns, (int)w->row_groups, kind);
  }
}

// Units of 64 elements from each of four rows on.
TARGET_VNNI512 INLINE void weave_64(const uint8_t *const rows[4], ptrdiff_t at, __mmask64 mask, uint8_t *to) {
  // With dwords 4 apart side by side, interleaving within 128-bit lanes leaves the order of elements.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i row[4];
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++)
    row[i] = _mm512_permutexvar_epi32(order, _mm512_maskz_loadu_epi8(mask, rows[i] + at));
  const __m512i low01 = _mm512_unpacklo_epi8(row[0], row[1]);
  const __m512i high01 = _mm512_unpackhi_epi8(row[0], row[1]);
  const __m512i low23 = _mm512_unpacklo_epi8(row[2], row[3]);
  const __m512i high23 = _mm512_unpackhi_epi8(row[2], row[3]);
  _mm512_storeu_si512(to, _mm512_unpacklo_epi16(low01, low23));
  _mm512_storeu_si512(to + 64, _mm512_unpackhi_epi16(low01, low23));
  _mm512_storeu_si512(to + 128, _mm512_unpacklo_epi16(high01, high23));
  _mm512_storeu_si512(to + 192, _mm512_unpackhi_epi16(high01, high23));
}

// Weaves `count` runs of `width` elements that begin `pitch` apart into runs of units side by side.
TARGET_VNNI512 static void weave_512(
  const uint8_t *const rows[4], ptrdiff_t pitch, ptrdiff_t width, ptrdiff_t count, uint8_t *to) {
  for (ptrdiff_t run = 0; run < count; run++)
    for (ptrdiff_t i = 0; i < width; i += 64) {
      const ptrdiff_t left = width - i;
      weave_64(
        rows, run * pitch + i, left >= 64 ? ~0ull : (1ull << left) - 1, to + (run * width + i) * 4);
    }
}

TARGET_AVX2 INLINE void windows_256(
  const hwsim_fused *given_rule, const span *given, const int kernel_columns,
  const int row_groups, const int kind) {
  // Copies, which codes that are stored cannot change.
  const span here = *given, *s = &here;
  const hwsim_fused rule_here = given_rule ? *given_rule : (hwsim_fused){0};
  const hwsim_fused *rule = given_rule ? &rule_here : NULL;
  const int taps = kernel_columns * row_groups;
  for (ptrdiff_t vector = 0; vector < s->vectors; vector++) {
    const uint8_t *weights = s->weights + vector * taps * 32;
    const __m256i initial = _mm256_loadu_si256((const __m256i *)(s->initial + vector * 8));
    fused_256 p;
    if (rule) p = load_fused_256(rule, s->rule_block + vector);
    const uint8_t *at = s->woven + vector * 8 * 4;
    ptrdiff_t column = 0;
    for (ptrdiff_t n = 0; n < s->count; n += 4) {
      __m256i sum[4];
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) sum[i] = initial;
      if (existing(s, vector, n, 8) <= 0) break;
      const bool whole = n + 4 <= s->count && existing(s, vector, n + 3, 8) == 8;
      const uint8_t *x[4];
      if (whole && s->columns - column > 4) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) x[i] = at + i * s->step * 4;
        at += 4 * s->step * 4;
        column += 4;
      } else
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) {
        x[i] = at;
        // Where fewer than four vectors are left, the last takes the place of the others.
        if (n + i + 1 >= s->count || existing(s, vector, n + i + 1, 8) <= 0) continue;
        const bool ends = ++column == s->columns;
        at += (ends ? s->jump : s->step) * 4;
        if (ends) column = 0;
      }
      for (int group = 0; group < row_groups; group++)
        for (int tap = 0; tap < kernel_columns; tap++) {
          const ptrdiff_t from = (group * s->group_units + tap * s->column_units) * 4;
          const __m256i weight = _mm256_loadu_si256(
            (const __m256i *)(weights + (group * kernel_columns + tap) * 32));
#pragma clang loop unroll(full)
          for (int i = 0; i < 4; i++)
            sum[i] = _mm256_add_epi32(
              sum[i], _mm256_madd_epi16(
                        weight, _mm256_loadu_si256((const __m256i *)(x[i] + from))));
        }
      if (!rule) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
          if (n + i >= s->count) break;
          const ptrdiff_t left = existing(s, vector, n + i, 8);
          int32_t *to = s->sums + (n + i) * s->result_step + vector * 8;
          if (left == 8) {
            _mm256_storeu_si256((__m256i *)to, sum[i]);
          } else if (left > 0) {
            int32_t all[8];
            _mm256_storeu_si256((__m256i *)all, sum[i]);
            memcpy(to, all, (size_t)left * 4);
          }
        }
        continue;
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++) sum[i] = fused_round_256(rule, sum[i], p, kind);
      uint64_t parts[4];
      _mm256_storeu_si256(
        (__m256i *)parts, fused_codes_256(rule, sum[0], sum[1], sum[2], sum[3]));
      uint8_t *to = s->codes + n * s->result_step + vector * 8;
      if (whole) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) memcpy(to + i * s->result_step, &parts[i], 8);
        continue;
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < 4; i++, to += s->result_step) {
        if (n + i >= s->count) break;
        const ptrdiff_t left = existing(s, vector, n + i, 8);
        if (left == 8)
          memcpy(to, &parts[i], 8);
        else if (left > 0)
          memcpy(to, &parts[i], (size_t)left);
      }
    }
  }
}

TARGET_AVX2 static void span_256(
  const hwsim_windows *w, const hwsim_fused *rule, const span *s) {
  const int kind = rule ? rule->kind : HWSIM_FUSED_TWICE;
  if (w->kernel_columns == 3 && w->row_groups == 2) {
    switch (kind) {
      case HWSIM_FUSED_TWICE: windows_256(rule, s, 3, 2, HWSIM_FUSED_TWICE); break;
      case HWSIM_FUSED_ONCE: windows_256(rule, s, 3, 2, HWSIM_FUSED_ONCE); break;
      default: windows_256(rule, s, 3, 2, HWSIM_FUSED_SCALED); break;
    }
  } else {
    windows_256(rule, s, (int)w->kernel_columns, (int)w->row_groups, kind);
  }
}

TARGET_AVX2 static void weave_256(
  const uint8_t *const rows[4], ptrdiff_t pitch, ptrdiff_t width, ptrdiff_t count, uint8_t *to) {
  const int16_t *a = (const int16_t *)rows[0], *b = (const int16_t *)rows[1];
  for (ptrdiff_t run = 0; run < count; run++, a += pitch, b += pitch, to += width * 4) {
    // The packed image has 64 bytes after its end; what is too much is written again.
    for (ptrdiff_t i = 0; i < width; i += 16) {
      const __m256i first = _mm256_permute4x64_epi64(
        _mm256_loadu_si256((const __m256i *)(a + i)), 0xD8);
      const __m256i second = _mm256_permute4x64_epi64(
        _mm256_loadu_si256((const __m256i *)(b + i)), 0xD8);
      _mm256_storeu_si256((__m256i *)(to + i * 4), _mm256_unpacklo_epi16(first, second));
      _mm256_storeu_si256((__m256i *)(to + i * 4 + 32), _mm256_unpackhi_epi16(first, second));
    }
  }
}
#endif

static void windows(
  const hwsim_windows *w, const hwsim_fused *rule, const void *data, ptrdiff_t first,
  ptrdiff_t count, int32_t *sums, uint8_t *codes) {
#if HAS_X86
  const bool wide = w->path == HWSIM_GEMM_VNNI512;
  const ptrdiff_t lanes = lanes_of(w->path), unit_rows = rows_of_unit(w->path);
  const ptrdiff_t bytes = wide ? 1 : 2;
  const ptrdiff_t taps = w->row_groups * w->kernel_columns;
  const ptrdiff_t group_units = WOVEN / w->row_groups + SLACK;
  _Alignas(64) uint8_t woven[(WOVEN + MOST_GROUPS * SLACK) * 4];
  ptrdiff_t row = first / w->columns, column = first % w->columns;
  for (ptrdiff_t position = 0; position < count;) {
    // The rest of a row, or whole rows.
    const ptrdiff_t in_row = w->columns - column < count - position ? w->columns - column
                                                                    : count - position;
    const ptrdiff_t whole = in_row == w->columns ? (count - position) / w->columns : 1;
    ptrdiff_t vector = 0, rows_done = 0;
    for (ptrdiff_t channel = 0; channel < w->channels; channel += BLOCK) {
      const ptrdiff_t width = w->channels - channel < BLOCK ? w->channels - channel : BLOCK;
      bool joins;
      const ptrdiff_t vectors = period(w, lanes, width, &joins);
      const ptrdiff_t most = columns_at_once(w, width);
      const ptrdiff_t row_needed =
        (in_row - 1) * w->stride + (w->kernel_columns - 1) * w->dilation + 1;
      // As many rows for every block of channels as fit for the first, which is the widest.
      if (channel == 0) {
        rows_done =
          joins || in_row > most ? 1 : WOVEN / 2 / (w->row_groups * width * row_needed);
        if (rows_done < 1) rows_done = 1;
        if (rows_done > whole) rows_done = whole;
      }
      for (ptrdiff_t done = 0; done < in_row;) {
        const ptrdiff_t columns = in_row - done < most ? in_row - done : most;
        const ptrdiff_t needed =
          (columns - 1) * w->stride + (w->kernel_columns - 1) * w->dilation + 1;
        for (ptrdiff_t r = 0; r < rows_done; r++)
          for (ptrdiff_t group = 0; group < w->row_groups; group++) {
            const uint8_t *rows[4];
            for (ptrdiff_t i = 0; i < unit_rows; i++) {
              // Rows that a kernel lacks have weight 0; any row will do.
              const ptrdiff_t kernel_row = group * unit_rows + i;
              const ptrdiff_t taken = kernel_row < w->kernel_rows ? kernel_row : group * unit_rows;
              rows[i] =
                (const uint8_t *)data +
                ((row + r) * w->row_pitch + taken * w->row_step +
                 (column + done) * w->stride * w->channels + channel) * bytes;
            }
            uint8_t *to = woven + (group * group_units + r * needed * width) * 4;
            if (width == w->channels)
              (wide ? weave_512 : weave_256)(rows, 0, needed * width, 1, to);
            else
              (wide ? weave_512 : weave_256)(rows, w->channels, width, needed, to);
          }
        const ptrdiff_t result = (position + done) * w->channels + channel;
        const ptrdiff_t step = joins ? vectors * lanes : w->stride * width;
        const ptrdiff_t repeated =
          joins ? (columns * width + vectors * lanes - 1) / (vectors * lanes) : columns * rows_done;
        const span s = {
          .woven = woven,
          .group_units = group_units,
          .column_units = w->dilation * width,
          .step = step,
          .jump = needed * width - (columns - 1) * step,
          .columns = joins ? repeated : columns,
          .vectors = vectors,
          .count = repeated,
          .result_step = joins ? vectors * lanes : w->channels,
          .width = width,
          .total = joins ? columns * width : -1,
          .weights = (const uint8_t *)w->weights + vector * taps * lanes * 4,
          .initial = w->initial + vector * lanes,
          .rule_block = vector,
          .sums = sums ? sums + result : NULL,
          .codes = codes ? codes + result : NULL,
        };
        (wide ? span_512 : span_256)(w, rule, &s);
        done += columns;
      }
      vector += vectors;
    }
    position += in_row * rows_done;
    column = 0;
    row += rows_done;
  }
#else
  (void)w, (void)rule, (void)data, (void)first, (void)count, (void)sums, (void)codes;
#endif
}

void hwsim_windows_product(
  const hwsim_windows *w, const void *data, ptrdiff_t first, ptrdiff_t count, int32_t *sums) {
  windows(w, NULL, data, first, count, sums, NULL);
}

void hwsim_windows_codes(
  const hwsim_windows *w, const hwsim_fused *rule, const void *data, ptrdiff_t first,
  ptrdiff_t count, uint8_t *codes) {
  windows(w, rule, data, first, count, NULL, codes);
}
