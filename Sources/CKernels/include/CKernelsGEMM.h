// Products of 8-bit data and 8-bit weights, summed in 32 bits that wrap, and what follows them.
//
// Every function here has a plain Swift definition in Arith that it is tested against.
#ifndef HWSIM_CKERNELS_GEMM_H
#define HWSIM_CKERNELS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Instruction sets by number. Data and weights are packed for one of them.
enum {
  HWSIM_GEMM_PORTABLE = 0,
  HWSIM_GEMM_AVX2 = 1,
  HWSIM_GEMM_VNNI256 = 2,
  HWSIM_GEMM_VNNI512 = 3,
};

// The highest number that this processor runs.
int hwsim_gemm_best_path(void);
// Whether this processor runs `path`.
bool hwsim_gemm_has_path(int path);

// Bytes of one packed data element: 1 where products are of bytes, 2 where they are of 16 bits.
size_t hwsim_gemm_element_bytes(int path);
// What packing adds to signed data: 128 where the instruction takes unsigned bytes, else 0.
int32_t hwsim_gemm_data_offset(int path, bool is_signed);

// Copies an image `[rows][columns][channels]` of 8-bit codes into `[packed_rows][packed_columns]
// [channels * repeats]` packed elements; position (y, x) shows (y - before_y, x - before_x), or the
// code `padding` outside the image. Each channel is written `repeats` times.
void hwsim_gemm_pack_image(
  int path, const uint8_t *codes, bool is_signed, ptrdiff_t rows, ptrdiff_t columns,
  ptrdiff_t channels, ptrdiff_t repeats, ptrdiff_t before_y, ptrdiff_t before_x,
  ptrdiff_t packed_rows, ptrdiff_t packed_columns, uint8_t padding, void *packed);

// A product of positions in packed data with filters. Each position reads `segments` runs of
// `units` groups of 4 bytes; weights are packed by `hwsim_gemm_pack_weights`.
typedef struct {
  int path;
  // Position p starts at element (p / columns) * row_pitch + (p % columns) * column_pitch.
  ptrdiff_t columns, row_pitch, column_pitch;
  const ptrdiff_t *segment_offsets;
  ptrdiff_t segments, units, filters;
  const void *weights;
  // Start of each filter's sum, padded with any values to a multiple of 64.
  const int32_t *initial;
} hwsim_product;

// Bytes of packed weights for `segments` runs of `length` elements.
size_t hwsim_gemm_weight_bytes(
  int path, ptrdiff_t segments, ptrdiff_t length, ptrdiff_t filters);
// Groups of 4 bytes of one run of `length` elements.
ptrdiff_t hwsim_gemm_units(int path, ptrdiff_t length);
// Packs weights `[filters][segments][length]`.
void hwsim_gemm_pack_weights(
  int path, const int8_t *weights, ptrdiff_t segments, ptrdiff_t length, ptrdiff_t filters,
  void *packed);
// Sums of `count` positions from `first`: `[count][filters]`. Up to 64 bytes after the last run of
// the data are read and have no effect.
void hwsim_gemm_product(
  const hwsim_product *product, const void *data, ptrdiff_t first, ptrdiff_t count,
  int32_t *sums);

// How sums in registers become codes: by the two rules of hwsim_requantization, or scaled in binary32.
enum { HWSIM_FUSED_TWICE = 0, HWSIM_FUSED_ONCE = 1, HWSIM_FUSED_SCALED = 2 };

// A rule prepared for kernels that apply it to sums in registers.
typedef struct {
  const void *parameters;
  int kind;
  int16_t zero_point;
  // Of codes as signed bytes; unsigned ones are flipped.
  int8_t smallest, largest;
  uint8_t flip;
  // Ends of what is scaled.
  float low, high;
} hwsim_fused;
// Codes of `count` positions from `first`: `[count][filters]`.
void hwsim_gemm_codes(
  const hwsim_product *product, const hwsim_fused *rule, const void *data, ptrdiff_t first,
  ptrdiff_t count, uint8_t *codes);

// Whether one position of a run of `length` codes needs no packing.
bool hwsim_gemm_reads_codes(const hwsim_product *product, ptrdiff_t length);
// The codes of such a position.
void hwsim_gemm_codes_of_codes(
  const hwsim_product *product, const hwsim_fused *rule, const uint8_t *data, bool is_signed,
  uint8_t *codes);

// A filter of its own for each channel of packed data.
typedef struct {
  int path;
  ptrdiff_t columns, row_pitch, column_pitch;
  const ptrdiff_t *tap_offsets;
  ptrdiff_t taps, channels;
  const void *weights;
  // Start of each channel's sum, padded with any values to a multiple of 64.
  const int32_t *initial;
} hwsim_depthwise;

size_t hwsim_depthwise_weight_bytes(int path, ptrdiff_t taps, ptrdiff_t channels);
// Packs weights `[taps][channels]`.
void hwsim_depthwise_pack_weights(
  int path, const int8_t *weights, ptrdiff_t taps, ptrdiff_t channels, void *packed);
// Sums of `count` positions from `first`: `[count][channels]`. Up to 64 bytes after the last tap
// are read and have no effect.
void hwsim_depthwise_product(
  const hwsim_depthwise *depthwise, const void *data, ptrdiff_t first, ptrdiff_t count,
  int32_t *sums);

// Depthwise windows whose taps are a grid, on the paths that have kernels for whole vectors of them. Lanes of
// vectors stand for channels as `hwsim_windows_channels` says.
typedef struct {
  int path;
  // Windows of a row, the columns from one to the next, and elements from a row of windows to the next.
  ptrdiff_t columns, stride, row_pitch;
  // Rows and columns of taps, elements between the rows, and columns between the columns.
  ptrdiff_t kernel_rows, kernel_columns, row_step, dilation;
  ptrdiff_t channels;
  // Set by `hwsim_windows_lanes`.
  ptrdiff_t row_groups;
  // Packed weights, and the start of the sum of each lane.
  const void *weights;
  const int32_t *initial;
} hwsim_windows;

// How many lanes have weights of their own; 0 where there is no kernel.
ptrdiff_t hwsim_windows_lanes(hwsim_windows *windows);
// The channel of each of them, or -1.
void hwsim_windows_channels(const hwsim_windows *windows, ptrdiff_t *channels);
// Packs weights `[taps][channels]` into `lanes * row_groups * kernel_columns` units of 4 bytes.
void hwsim_windows_pack_weights(
  const hwsim_windows *windows, const int8_t *weights, const ptrdiff_t *channels,
  ptrdiff_t lanes, void *packed);
// Sums of `count` windows from `first`: `[count][channels]`.
void hwsim_windows_product(
  const hwsim_windows *windows, const void *data, ptrdiff_t first, ptrdiff_t count,
  int32_t *sums);
// Their codes, by a rule that is prepared for the lanes.
void hwsim_windows_codes(
  const hwsim_windows *windows, const hwsim_fused *rule, const void *data, ptrdiff_t first,
  ptrdiff_t count, uint8_t *codes);

// How sums become codes; arrays have one entry a channel.
typedef struct {
  const int32_t *multipliers;
  // Positive shifts are to the left.
  const int32_t *shifts;
  // Whether the exact product is rounded once, ties away from zero, instead of twice.
  bool rounds_once;
  int32_t zero_point, smallest, largest;
} hwsim_requantization;

// Codes of `rows` rows of `channels` sums, as bytes.
void hwsim_requantize(
  int path, const hwsim_requantization *rule, const int32_t *sums, ptrdiff_t rows,
  ptrdiff_t channels, uint8_t *codes);

// Bytes of a fused rule's parameters; 0 where a path has no kernels for it.
size_t hwsim_fused_bytes(int path, ptrdiff_t channels);
// Prepares a rule for sums of at most `largest_sums` of each channel, in magnitude. False if only
// hwsim_requantize applies: a multiplier of 1/2 or more, sums beyond 30 bits, ties of one rounding.
bool hwsim_fused_pack(
  int path, const hwsim_requantization *rule, ptrdiff_t channels, const int64_t *largest_sums,
  void *parameters, hwsim_fused *fused);

// Prepares `code(sum * factor)` as hwsim_scale_sums has it: clamped to integers low...high, rounded to even,
// zero point added. False if only that function applies: factors or codes beyond what it is for.
bool hwsim_fused_scale(
  int path, const float *factors, float low, float high, int32_t zero_point, ptrdiff_t channels,
  void *parameters, hwsim_fused *fused);

// One operand of a requantized sum of two codes.
typedef struct {
  const uint8_t *codes;
  int32_t zero_point, multiplier, shift;
} hwsim_addend;

// `requantize(a + b)` with `(code - zero point) << left` of each requantized before; `is_signed`
// tells what the bytes are. `sign` is 1 or -1 and multiplies the second.
void hwsim_add_codes(
  int path, hwsim_addend a, hwsim_addend b, bool is_signed, int32_t left, int32_t sign,
  int32_t multiplier, int32_t shift, int32_t zero_point, int32_t smallest, int32_t largest,
  ptrdiff_t count, uint8_t *codes);

#endif
