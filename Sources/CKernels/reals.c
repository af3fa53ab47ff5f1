#include "CKernelsReals.h"

#include <string.h>

// A fused multiplication and addition would round once where other machines round twice.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))

typedef float lanes_f32 __attribute__((vector_size(64), aligned(4)));
typedef double lanes_f64 __attribute__((vector_size(64), aligned(8)));

// Depth that is summed before the next group of filters: what a group reads of it stays in the
// nearest cache. Sums go on where they were, so that their order does not depend on it.
enum { DEPTH_BLOCK = 256 };

// Where a block of the depth begins: a segment and an element of it.
typedef struct {
  ptrdiff_t segment, index, count;
} depth_block;

// Some positions against one vector of filters: the sums stay in registers.
#define TILE(name, type, vector, rows)                                                        \
  INLINE void name(                                                                           \
    const type *const *starts, const hwsim_real_walk *walk, depth_block block, int isFirst,   \
    const type *weights, ptrdiff_t filters, ptrdiff_t sum_pitch, type *sums) {                \
    const ptrdiff_t width = (ptrdiff_t)(sizeof(vector) / sizeof(type));                       \
    const size_t kept = (size_t)(filters < width ? filters : width) * sizeof(type);           \
    vector total[rows];                                                                       \
    for (int row = 0; row < rows; row++) {                                                    \
      vector before = {0};                                                                    \
      if (!isFirst) memcpy(&before, sums + row * sum_pitch, kept);                            \
      total[row] = before;                                                                    \
    }                                                                                         \
    ptrdiff_t left = block.count, segment = block.segment, index = block.index;               \
    while (left > 0) {                                                                        \
      const ptrdiff_t rest = walk->length - index, length = rest < left ? rest : left;        \
      const ptrdiff_t offset = walk->segment_offsets[segment] + index;                        \
      for (ptrdiff_t i = 0; i < length; i++, weights += width) {                              \
        const vector w = *(const vector *)weights;                                            \
        for (int row = 0; row < rows; row++) {                                                \
          const vector product = w * starts[row][offset + i];                                 \
          total[row] = total[row] + product;                                                  \
        }                                                                                     \
      }                                                                                       \
      left -= length;                                                                         \
      segment++;                                                                              \
      index = 0;                                                                              \
    }                                                                                         \
    for (int row = 0; row < rows; row++) {                                                    \
      const vector result = total[row];                                                       \
      memcpy(sums + row * sum_pitch, &result, kept);                                          \
    }                                                                                         \
  }

// The weights of the filters from `filter` on and of `count` of the depth from `done` on; `buffer` holds
// those that are converted.
#define PANEL(name, type)                                                                     \
  INLINE const type *name(                                                                    \
    const type *weights, ptrdiff_t filter, ptrdiff_t depth, ptrdiff_t done, ptrdiff_t count,  \
    type *buffer) {                                                                           \
    (void)count;                                                                              \
    (void)buffer;                                                                             \
    return weights + filter * depth + done * (ptrdiff_t)(HWSIM_REAL_GROUP_BYTES / sizeof(type)); \
  }
PANEL(panel_f32, float)
PANEL(panel_f64, double)

// Half a group of floats.
INLINE const double *panel_f64_f32(
  const float *weights, ptrdiff_t filter, ptrdiff_t depth, ptrdiff_t done, ptrdiff_t count,
  double *buffer) {
  enum { STORED = HWSIM_REAL_GROUP_BYTES / 4, GROUP = HWSIM_REAL_GROUP_BYTES / 8 };
  const ptrdiff_t within = filter % STORED;
  const float *from = weights + (filter - within) * depth + done * STORED + within;
  for (ptrdiff_t i = 0; i < count; i++)
    for (int lane = 0; lane < GROUP; lane++)
      buffer[i * GROUP + lane] = (double)from[i * STORED + lane];
  return buffer;
}

#define PRODUCT(name, type, stored, prepare, vector, most)                                    \
  TILE(name##_8, type, vector, 8)                                                             \
  TILE(name##_4, type, vector, 4)                                                             \
  TILE(name##_1, type, vector, 1)                                                             \
  INLINE void name(                                                                           \
    const hwsim_real_walk *walk, const type *data, const stored *weights, ptrdiff_t filters,  \
    ptrdiff_t first, ptrdiff_t count, type *sums) {                                           \
    type buffer[DEPTH_BLOCK * sizeof(vector) / sizeof(type)];                                 \
    const ptrdiff_t width = (ptrdiff_t)(sizeof(vector) / sizeof(type));                       \
    const ptrdiff_t depth = walk->segments * walk->length;                                    \
    if (depth == 0) memset(sums, 0, (size_t)(count * filters) * sizeof(type));                \
    depth_block block = {0, 0, 0};                                                            \
    for (ptrdiff_t done = 0; done < depth; done += block.count) {                             \
      block.count = depth - done < DEPTH_BLOCK ? depth - done : DEPTH_BLOCK;                  \
      block.segment = done / walk->length;                                                    \
      block.index = done % walk->length;                                                      \
      for (ptrdiff_t filter = 0; filter < filters; filter += width) {                         \
        const type *panel = prepare(weights, filter, depth, done, block.count, buffer);       \
        for (ptrdiff_t position = 0; position < count;) {                                     \
          const ptrdiff_t left = count - position;                                            \
          const int rows = most == 8 && left >= 8 ? 8 : left >= 4 ? 4 : 1;                    \
          const type *starts[8];                                                              \
          for (int row = 0; row < rows; row++) {                                              \
            const ptrdiff_t number = first + position + row;                                  \
            starts[row] = data + (number / walk->columns) * walk->row_pitch +                 \
                          (number % walk->columns) * walk->column_pitch;                      \
          }                                                                                   \
          type *to = sums + position * filters + filter;                                      \
          if (most == 8 && rows == 8)                                                         \
            name##_8(starts, walk, block, done == 0, panel, filters - filter, filters, to);   \
          else if (rows == 4)                                                                 \
            name##_4(starts, walk, block, done == 0, panel, filters - filter, filters, to);   \
          else                                                                                \
            name##_1(starts, walk, block, done == 0, panel, filters - filter, filters, to);   \
          position += rows;                                                                   \
        }                                                                                     \
      }                                                                                       \
    }                                                                                         \
  }

#define DEPTHWISE(name, type)                                                                 \
  INLINE void name(                                                               \
    const hwsim_real_walk *walk, const type *data, const type *weights, ptrdiff_t first,      \
    ptrdiff_t count, type *restrict sums) {                                                   \
    const ptrdiff_t channels = walk->length;                                                  \
    for (ptrdiff_t position = 0; position < count; position++, sums += channels) {            \
      const ptrdiff_t number = first + position;                                              \
      const type *start = data + (number / walk->columns) * walk->row_pitch +                 \
                          (number % walk->columns) * walk->column_pitch;                      \
      for (ptrdiff_t channel = 0; channel < channels; channel++) sums[channel] = 0;           \
      for (ptrdiff_t tap = 0; tap < walk->segments; tap++) {                                  \
        const type *x = start + walk->segment_offsets[tap];                                   \
        const type *w = weights + tap * channels;                                             \
        for (ptrdiff_t channel = 0; channel < channels; channel++) {                          \
          const type product = x[channel] * w[channel];                                       \
          sums[channel] = sums[channel] + product;                                            \
        }                                                                                     \
      }                                                                                       \
    }                                                                                         \
  }

PRODUCT(product_f32, float, float, panel_f32, lanes_f32, 4)
PRODUCT(product_f64, double, double, panel_f64, lanes_f64, 4)
PRODUCT(product_f64_f32, double, float, panel_f64_f32, lanes_f64, 4)
// Registers of a whole vector leave room for more positions.
PRODUCT(product_f32_wide, float, float, panel_f32, lanes_f32, 8)
PRODUCT(product_f64_wide, double, double, panel_f64, lanes_f64, 8)
PRODUCT(product_f64_f32_wide, double, float, panel_f64_f32, lanes_f64, 8)
DEPTHWISE(depthwise_f32, float)
DEPTHWISE(depthwise_f64, double)

#define PRODUCT_PARAMETERS(type, stored)                                                      \
  const hwsim_real_walk *walk, const type *data, const stored *weights, ptrdiff_t filters,    \
    ptrdiff_t first, ptrdiff_t count, type *sums
#define PRODUCT_ARGUMENTS walk, data, weights, filters, first, count, sums
#define DEPTHWISE_PARAMETERS(type)                                                            \
  const hwsim_real_walk *walk, const type *data, const type *weights, ptrdiff_t first,        \
    ptrdiff_t count, type *sums
#define DEPTHWISE_ARGUMENTS walk, data, weights, first, count, sums

#if defined(__x86_64__)
#define VERSIONS(suffix, wide, features)                                                      \
  __attribute__((target(features))) static void product_f32_##suffix(                         \
    PRODUCT_PARAMETERS(float, float)) {                                                       \
    product_f32##wide(PRODUCT_ARGUMENTS);                                                     \
  }                                                                                           \
  __attribute__((target(features))) static void product_f64_##suffix(                         \
    PRODUCT_PARAMETERS(double, double)) {                                                     \
    product_f64##wide(PRODUCT_ARGUMENTS);                                                     \
  }                                                                                           \
  __attribute__((target(features))) static void product_f64_f32_##suffix(                     \
    PRODUCT_PARAMETERS(double, float)) {                                                      \
    product_f64_f32##wide(PRODUCT_ARGUMENTS);                                                 \
  }                                                                                           \
  __attribute__((target(features))) static void depthwise_f32_##suffix(                       \
    DEPTHWISE_PARAMETERS(float)) {                                                            \
    depthwise_f32(DEPTHWISE_ARGUMENTS);                                                       \
  }                                                                                           \
  __attribute__((target(features))) static void depthwise_f64_##suffix(                       \
    DEPTHWISE_PARAMETERS(double)) {                                                           \
    depthwise_f64(DEPTHWISE_ARGUMENTS);                                                       \
  }
VERSIONS(avx2, , "avx2")
VERSIONS(avx512, _wide, "avx512f,avx512dq,avx512vl")
#define DISPATCH(name, arguments)                                                             \
  if (path >= 2) {                                                                            \
    name##_avx512 arguments;                                                                  \
    return;                                                                                   \
  }                                                                                           \
  if (path == 1) {                                                                            \
    name##_avx2 arguments;                                                                    \
    return;                                                                                   \
  }
#else
#define DISPATCH(name, arguments) (void)path;
#endif

void hwsim_real_product_f32(int path, PRODUCT_PARAMETERS(float, float)) {
  DISPATCH(product_f32, (PRODUCT_ARGUMENTS))
  product_f32(PRODUCT_ARGUMENTS);
}

void hwsim_real_product_f64(int path, PRODUCT_PARAMETERS(double, double)) {
  DISPATCH(product_f64, (PRODUCT_ARGUMENTS))
  product_f64(PRODUCT_ARGUMENTS);
}

void hwsim_real_product_f64_f32(int path, PRODUCT_PARAMETERS(double, float)) {
  DISPATCH(product_f64_f32, (PRODUCT_ARGUMENTS))
  product_f64_f32(PRODUCT_ARGUMENTS);
}

void hwsim_real_depthwise_f32(int path, DEPTHWISE_PARAMETERS(float)) {
  DISPATCH(depthwise_f32, (DEPTHWISE_ARGUMENTS))
  depthwise_f32(DEPTHWISE_ARGUMENTS);
}

void hwsim_real_depthwise_f64(int path, DEPTHWISE_PARAMETERS(double)) {
  DISPATCH(depthwise_f64, (DEPTHWISE_ARGUMENTS))
  depthwise_f64(DEPTHWISE_ARGUMENTS);
}

// Quantization steps and scaled sums

INLINE void steps_u8(
  const float *x, ptrdiff_t count, float scale, float low, float high,
  uint8_t *restrict codes) {
  for (ptrdiff_t index = 0; index < count; index++) {
    const float steps = x[index] / scale;
    const float raised = steps > low ? steps : low;
    const float clamped = raised < high ? raised : high;
    // The sum's last place is 1.
    const float shifted = clamped + 0x1.8p23f;
    uint32_t bits;
    memcpy(&bits, &shifted, 4);
    codes[index] = (uint8_t)bits;
  }
}

#define SCALE_SUMS(name, type)                                                                \
  INLINE void name(                                                                           \
    const type *sums, ptrdiff_t count, const float *scales, const float *offsets,             \
    ptrdiff_t period, float *restrict result) {                                               \
    for (ptrdiff_t first = 0; first < count; first += period) {                               \
      const ptrdiff_t length = count - first < period ? count - first : period;               \
      for (ptrdiff_t index = 0; index < length; index++) {                                    \
        const float scaled = (float)sums[first + index] * scales[index];                      \
        result[first + index] = scaled + offsets[index];                                      \
      }                                                                                       \
    }                                                                                         \
  }
SCALE_SUMS(scale_sums_i32, int32_t)
SCALE_SUMS(scale_sums_f64, double)

#define STEPS_PARAMETERS                                                                      \
  const float *x, ptrdiff_t count, float scale, float low, float high, uint8_t *codes
#define STEPS_ARGUMENTS x, count, scale, low, high, codes
#define SCALE_PARAMETERS(type)                                                                \
  const type *sums, ptrdiff_t count, const float *scales, const float *offsets,               \
    ptrdiff_t period, float *result
#define SCALE_ARGUMENTS sums, count, scales, offsets, period, result

#if defined(__x86_64__)
#define STEP_VERSIONS(suffix, features)                                                       \
  __attribute__((target(features))) static void steps_u8_##suffix(STEPS_PARAMETERS) {         \
    steps_u8(STEPS_ARGUMENTS);                                                                \
  }                                                                                           \
  __attribute__((target(features))) static void scale_sums_i32_##suffix(                      \
    SCALE_PARAMETERS(int32_t)) {                                                              \
    scale_sums_i32(SCALE_ARGUMENTS);                                                          \
  }                                                                                           \
  __attribute__((target(features))) static void scale_sums_f64_##suffix(                      \
    SCALE_PARAMETERS(double)) {                                                               \
    scale_sums_f64(SCALE_ARGUMENTS);                                                          \
  }
STEP_VERSIONS(avx2, "avx2")
STEP_VERSIONS(avx512, "avx512f,avx512bw,avx512dq,avx512vl")
#endif

void hwsim_steps_u8(int path, STEPS_PARAMETERS) {
  DISPATCH(steps_u8, (STEPS_ARGUMENTS))
  steps_u8(STEPS_ARGUMENTS);
}

void hwsim_scale_sums_i32(int path, SCALE_PARAMETERS(int32_t)) {
  DISPATCH(scale_sums_i32, (SCALE_ARGUMENTS))
  scale_sums_i32(SCALE_ARGUMENTS);
}

void hwsim_scale_sums_f64(int path, SCALE_PARAMETERS(double)) {
  DISPATCH(scale_sums_f64, (SCALE_ARGUMENTS))
  scale_sums_f64(SCALE_ARGUMENTS);
}
