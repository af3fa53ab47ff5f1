#include "CKernelsReals.h"

#include <string.h>

// A fused multiplication and addition would round once where other machines round twice.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline))

typedef float lanes_f32 __attribute__((vector_size(64), aligned(4)));
typedef double lanes_f64 __attribute__((vector_size(64), aligned(8)));

// One to four positions against one vector of filters: the sums stay in registers.
#define TILE(name, type, vector, rows)                                                        \
  INLINE void name(                                                                           \
    const type *const *starts, const hwsim_real_walk *walk, const type *weights,              \
    ptrdiff_t pitch, ptrdiff_t filters, ptrdiff_t sum_pitch, type *sums) {                    \
    vector total[rows];                                                                       \
    for (int row = 0; row < rows; row++) total[row] = (vector){0};                            \
    for (ptrdiff_t segment = 0; segment < walk->segments; segment++) {                        \
      const ptrdiff_t offset = walk->segment_offsets[segment];                                \
      for (ptrdiff_t index = 0; index < walk->length; index++, weights += pitch) {            \
        const vector w = *(const vector *)weights;                                            \
        for (int row = 0; row < rows; row++) {                                                \
          const vector product = w * starts[row][offset + index];                             \
          total[row] = total[row] + product;                                                  \
        }                                                                                     \
      }                                                                                       \
    }                                                                                         \
    const ptrdiff_t width = (ptrdiff_t)(sizeof(vector) / sizeof(type));                       \
    const ptrdiff_t kept = filters < width ? filters : width;                                 \
    for (int row = 0; row < rows; row++) {                                                    \
      const vector result = total[row];                                                       \
      memcpy(sums + row * sum_pitch, &result, (size_t)kept * sizeof(type));                   \
    }                                                                                         \
  }

#define PRODUCT(name, type, vector)                                                           \
  TILE(name##_4, type, vector, 4)                                                             \
  TILE(name##_1, type, vector, 1)                                                             \
  INLINE void name(                                                                           \
    const hwsim_real_walk *walk, const type *data, const type *weights, ptrdiff_t filters,    \
    ptrdiff_t pitch, ptrdiff_t first, ptrdiff_t count, type *sums) {                          \
    const ptrdiff_t width = (ptrdiff_t)(sizeof(vector) / sizeof(type));                       \
    for (ptrdiff_t position = 0; position < count;) {                                         \
      const int rows = count - position >= 4 ? 4 : 1;                                         \
      const type *starts[4];                                                                  \
      for (int row = 0; row < rows; row++) {                                                  \
        const ptrdiff_t number = first + position + row;                                      \
        starts[row] = data + (number / walk->columns) * walk->row_pitch +                     \
                      (number % walk->columns) * walk->column_pitch;                          \
      }                                                                                       \
      type *to = sums + position * filters;                                                   \
      for (ptrdiff_t filter = 0; filter < filters; filter += width) {                         \
        if (rows == 4)                                                                        \
          name##_4(                                                                           \
            starts, walk, weights + filter, pitch, filters - filter, filters, to + filter);   \
        else                                                                                  \
          name##_1(                                                                           \
            starts, walk, weights + filter, pitch, filters - filter, filters, to + filter);   \
      }                                                                                       \
      position += rows;                                                                       \
    }                                                                                         \
  }                                                                                           \
  INLINE void name##_depthwise(                                                               \
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

PRODUCT(product_f32, float, lanes_f32)
PRODUCT(product_f64, double, lanes_f64)

#define PRODUCT_PARAMETERS(type)                                                              \
  const hwsim_real_walk *walk, const type *data, const type *weights, ptrdiff_t filters,      \
    ptrdiff_t pitch, ptrdiff_t first, ptrdiff_t count, type *sums
#define PRODUCT_ARGUMENTS walk, data, weights, filters, pitch, first, count, sums
#define DEPTHWISE_PARAMETERS(type)                                                            \
  const hwsim_real_walk *walk, const type *data, const type *weights, ptrdiff_t first,        \
    ptrdiff_t count, type *sums
#define DEPTHWISE_ARGUMENTS walk, data, weights, first, count, sums

#if defined(__x86_64__)
#define VERSIONS(suffix, features)                                                            \
  __attribute__((target(features))) static void product_f32_##suffix(                           \
    PRODUCT_PARAMETERS(float)) {                                                              \
    product_f32(PRODUCT_ARGUMENTS);                                                           \
  }                                                                                           \
  __attribute__((target(features))) static void product_f64_##suffix(                           \
    PRODUCT_PARAMETERS(double)) {                                                             \
    product_f64(PRODUCT_ARGUMENTS);                                                           \
  }                                                                                           \
  __attribute__((target(features))) static void depthwise_f32_##suffix(                         \
    DEPTHWISE_PARAMETERS(float)) {                                                            \
    product_f32_depthwise(DEPTHWISE_ARGUMENTS);                                               \
  }                                                                                           \
  __attribute__((target(features))) static void depthwise_f64_##suffix(                         \
    DEPTHWISE_PARAMETERS(double)) {                                                           \
    product_f64_depthwise(DEPTHWISE_ARGUMENTS);                                               \
  }
VERSIONS(avx2, "avx2")
VERSIONS(avx512, "avx512f,avx512dq,avx512vl")
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

void hwsim_real_product_f32(int path, PRODUCT_PARAMETERS(float)) {
  DISPATCH(product_f32, (PRODUCT_ARGUMENTS))
  product_f32(PRODUCT_ARGUMENTS);
}

void hwsim_real_product_f64(int path, PRODUCT_PARAMETERS(double)) {
  DISPATCH(product_f64, (PRODUCT_ARGUMENTS))
  product_f64(PRODUCT_ARGUMENTS);
}

void hwsim_real_depthwise_f32(int path, DEPTHWISE_PARAMETERS(float)) {
  DISPATCH(depthwise_f32, (DEPTHWISE_ARGUMENTS))
  product_f32_depthwise(DEPTHWISE_ARGUMENTS);
}

void hwsim_real_depthwise_f64(int path, DEPTHWISE_PARAMETERS(double)) {
  DISPATCH(depthwise_f64, (DEPTHWISE_ARGUMENTS))
  product_f64_depthwise(DEPTHWISE_ARGUMENTS);
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
