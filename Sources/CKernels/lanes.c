#include "CKernelsLanes.h"

#include <string.h>

#include "rounding.h"

// The bodies are written once with vector types and plain loops, and compiled for each
// instruction set by the target attribute of the function they are inlined into.

int hwsim_lanes_best_path(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return 2;
  if (__builtin_cpu_supports("avx2")) return 1;
#endif
  return 0;
}

typedef int32_t v16i32 __attribute__((vector_size(64), aligned(4)));
typedef int64_t v8i64 __attribute__((vector_size(64), aligned(8)));
typedef int32_t v8i32 __attribute__((vector_size(32), aligned(4)));

INLINE void dot4_i32_body(
  const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int32_t *initial, int32_t *sums, ptrdiff_t lanes) {
  for (ptrdiff_t l = 0; l < lanes; l += 16) {
    // Unsigned vectors: these sums may wrap by design.
    typedef uint32_t v16u32 __attribute__((vector_size(64), aligned(4)));
    v16u32 s0 = (v16u32){} + (uint32_t)initial[0];
    v16u32 s1 = (v16u32){} + (uint32_t)initial[1];
    v16u32 s2 = (v16u32){} + (uint32_t)initial[2];
    v16u32 s3 = (v16u32){} + (uint32_t)initial[3];
    for (ptrdiff_t k = 0; k < terms; k++) {
      if (gather[k] < 0) continue;
      const v16u32 x = *(const v16u32 *)(data + (ptrdiff_t)gather[k] * lanes + l);
      const int32_t *w = weights + k * 4;
      s0 += x * (uint32_t)w[0];
      s1 += x * (uint32_t)w[1];
      s2 += x * (uint32_t)w[2];
      s3 += x * (uint32_t)w[3];
    }
    *(v16u32 *)(sums + l) = s0;
    *(v16u32 *)(sums + lanes + l) = s1;
    *(v16u32 *)(sums + 2 * lanes + l) = s2;
    *(v16u32 *)(sums + 3 * lanes + l) = s3;
  }
}

DISPATCH(
  dot4_i32,
  (const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
   const int32_t *initial, int32_t *sums, ptrdiff_t lanes),
  (data, gather, weights, terms, initial, sums, lanes))

void hwsim_dot4_i32(
  int path, const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int32_t *initial, int32_t *sums, ptrdiff_t lanes) {
  (path == 2 ? dot4_i32_avx512 : path == 1 ? dot4_i32_avx2 : dot4_i32_portable)(
    data, gather, weights, terms, initial, sums, lanes);
}

INLINE void dot4_i64_body(
  const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int64_t *initial, int64_t *sums, ptrdiff_t lanes) {
  typedef uint64_t v8u64 __attribute__((vector_size(64), aligned(8)));
  for (ptrdiff_t l = 0; l < lanes; l += 8) {
    v8u64 s0 = (v8u64){} + (uint64_t)initial[0];
    v8u64 s1 = (v8u64){} + (uint64_t)initial[1];
    v8u64 s2 = (v8u64){} + (uint64_t)initial[2];
    v8u64 s3 = (v8u64){} + (uint64_t)initial[3];
    for (ptrdiff_t k = 0; k < terms; k++) {
      if (gather[k] < 0) continue;
      const v8i32 narrow = *(const v8i32 *)(data + (ptrdiff_t)gather[k] * lanes + l);
      const v8i64 x = __builtin_convertvector(narrow, v8i64);
      const int32_t *w = weights + k * 4;
      // Sign-extended operands let the compiler choose the 32 by 32-bit multiplication.
      s0 += (v8u64)(x * __builtin_convertvector((v8i32){} + w[0], v8i64));
      s1 += (v8u64)(x * __builtin_convertvector((v8i32){} + w[1], v8i64));
      s2 += (v8u64)(x * __builtin_convertvector((v8i32){} + w[2], v8i64));
      s3 += (v8u64)(x * __builtin_convertvector((v8i32){} + w[3], v8i64));
    }
    *(v8u64 *)(sums + l) = s0;
    *(v8u64 *)(sums + lanes + l) = s1;
    *(v8u64 *)(sums + 2 * lanes + l) = s2;
    *(v8u64 *)(sums + 3 * lanes + l) = s3;
  }
}

DISPATCH(
  dot4_i64,
  (const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
   const int64_t *initial, int64_t *sums, ptrdiff_t lanes),
  (data, gather, weights, terms, initial, sums, lanes))

void hwsim_dot4_i64(
  int path, const int32_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int64_t *initial, int64_t *sums, ptrdiff_t lanes) {
  (path == 2 ? dot4_i64_avx512 : path == 1 ? dot4_i64_avx2 : dot4_i64_portable)(
    data, gather, weights, terms, initial, sums, lanes);
}

INLINE void dot4_wide_body(
  const int64_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int64_t *initial, int64_t *sums, ptrdiff_t lanes) {
  typedef uint64_t v8u64 __attribute__((vector_size(64), aligned(8)));
  for (ptrdiff_t l = 0; l < lanes; l += 8) {
    v8u64 s[4];
    for (int o = 0; o < 4; o++) s[o] = (v8u64){} + (uint64_t)initial[o];
    for (ptrdiff_t k = 0; k < terms; k++) {
      if (gather[k] < 0) continue;
      const v8u64 x = *(const v8u64 *)(data + (ptrdiff_t)gather[k] * lanes + l);
      for (int o = 0; o < 4; o++) s[o] += x * (uint64_t)(int64_t)weights[k * 4 + o];
    }
    for (int o = 0; o < 4; o++) *(v8u64 *)(sums + o * lanes + l) = s[o];
  }
}

DISPATCH(
  dot4_wide,
  (const int64_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
   const int64_t *initial, int64_t *sums, ptrdiff_t lanes),
  (data, gather, weights, terms, initial, sums, lanes))

void hwsim_dot4_wide(
  int path, const int64_t *data, const int32_t *gather, const int32_t *weights, ptrdiff_t terms,
  const int64_t *initial, int64_t *sums, ptrdiff_t lanes) {
  (path == 2 ? dot4_wide_avx512 : path == 1 ? dot4_wide_avx2 : dot4_wide_portable)(
    data, gather, weights, terms, initial, sums, lanes);
}

// The bias of each rounding rule: floor((value + bias) / 2^right) is the rounded value.
INLINE int64_t rounding_bias(int64_t value, int32_t right, int32_t rounding) {
  const int64_t half = (int64_t)1 << (right - 1);
  switch (rounding) {
    case HWSIM_ROUND_TO_ZERO: return (value >> 63) & (2 * half - 1);
    case HWSIM_ROUND_HALF_UP: return half;
    case HWSIM_ROUND_HALF_TO_ZERO: return half - 1 - (value >> 63);
    case HWSIM_ROUND_HALF_AWAY: return half + (value >> 63);
    case HWSIM_ROUND_HALF_DOWN: return half - 1;
    case HWSIM_ROUND_HALF_EVEN: return half - 1 + ((value >> right) & 1);
    default: return 0;
  }
}

INLINE int64_t assign_one(
  int64_t value, int32_t left, int32_t right, int32_t rounding, int32_t overflow,
  const hwsim_assignment *a) {
  if (right > 0) value = (value + rounding_bias(value, right, rounding)) >> right;
  value = (int64_t)((uint64_t)value << left);
  switch (overflow) {
    case HWSIM_OVERFLOW_WRAP: {
      const int spare = 64 - a->wrap_bits;
      return a->is_signed ? (int64_t)((uint64_t)value << spare) >> spare
                          : (int64_t)(((uint64_t)value << spare) >> spare);
    }
    case HWSIM_OVERFLOW_CLAMP:
      value = value < a->minimum ? a->minimum : value;
      return value > a->maximum ? a->maximum : value;
    case HWSIM_OVERFLOW_ZERO:
      return value < a->minimum || value > a->maximum ? 0 : value;
    default: return value;
  }
}

// One loop for each pair of rules, so that the rules are constants inside it.
#define FOR_EACH_RULE(LOOP)                                                    \
  switch (assignment->right > 0 ? assignment->rounding : HWSIM_ROUND_FLOOR) {  \
    case HWSIM_ROUND_TO_ZERO: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_TO_ZERO)     \
    case HWSIM_ROUND_HALF_UP: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_HALF_UP)     \
    case HWSIM_ROUND_HALF_TO_ZERO: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_HALF_TO_ZERO) \
    case HWSIM_ROUND_HALF_AWAY: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_HALF_AWAY) \
    case HWSIM_ROUND_HALF_DOWN: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_HALF_DOWN) \
    case HWSIM_ROUND_HALF_EVEN: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_HALF_EVEN) \
    default: FOR_EACH_OVERFLOW(LOOP, HWSIM_ROUND_FLOOR)                        \
  }
#define FOR_EACH_OVERFLOW(LOOP, R)                                      \
  switch (assignment->overflow) {                                              \
    case HWSIM_OVERFLOW_WRAP: LOOP(R, HWSIM_OVERFLOW_WRAP); return;     \
    case HWSIM_OVERFLOW_CLAMP: LOOP(R, HWSIM_OVERFLOW_CLAMP); return;   \
    case HWSIM_OVERFLOW_ZERO: LOOP(R, HWSIM_OVERFLOW_ZERO); return;     \
    default: LOOP(R, HWSIM_OVERFLOW_NONE); return;                      \
  }

INLINE int32_t assign_one_i32(
  int32_t value, int32_t left, int32_t right, int32_t rounding, int32_t overflow,
  int32_t spare, bool is_signed, int32_t minimum, int32_t maximum) {
  if (right > 0) {
    value = (value + rounding_bias_i32(value, right, rounding)) >> right;
  }
  value = (int32_t)((uint32_t)value << left);
  switch (overflow) {
    case HWSIM_OVERFLOW_WRAP:
      return is_signed ? (int32_t)((uint32_t)value << spare) >> spare
                       : (int32_t)(((uint32_t)value << spare) >> spare);
    case HWSIM_OVERFLOW_CLAMP:
      value = value < minimum ? minimum : value;
      return value > maximum ? maximum : value;
    case HWSIM_OVERFLOW_ZERO: return value < minimum || value > maximum ? 0 : value;
    default: return value;
  }
}

INLINE void assign_i32_body(
  const int32_t *source, int32_t *destination, ptrdiff_t count,
  const hwsim_assignment *assignment) {
  const int32_t left = assignment->left, right = assignment->right;
  const int32_t spare = 32 - assignment->wrap_bits;
  const bool is_signed = assignment->is_signed;
  const int32_t minimum = (int32_t)assignment->minimum, maximum = (int32_t)assignment->maximum;
#define LOOP(R, O)                                               \
  for (ptrdiff_t i = 0; i < count; i++)                                        \
    destination[i] = assign_one_i32(                                           \
      source[i], left, right, R, O, spare, is_signed, minimum, maximum)
  FOR_EACH_RULE(LOOP)
#undef LOOP
}

DISPATCH(
  assign_i32,
  (const int32_t *source, int32_t *destination, ptrdiff_t count,
   const hwsim_assignment *assignment),
  (source, destination, count, assignment))

void hwsim_assign_i32(
  int path, const int32_t *source, int32_t *destination, ptrdiff_t count,
  const hwsim_assignment *assignment) {
  (path == 2 ? assign_i32_avx512 : path == 1 ? assign_i32_avx2 : assign_i32_portable)(
    source, destination, count, assignment);
}

INLINE void assign_i64_body(
  const int64_t *source, int64_t *destination, ptrdiff_t count,
  const hwsim_assignment *assignment) {
  const hwsim_assignment a = *assignment;
#define LOOP(R, O)                                               \
  for (ptrdiff_t i = 0; i < count; i++)                                        \
    destination[i] = assign_one(source[i], a.left, a.right, R, O, &a)
  FOR_EACH_RULE(LOOP)
#undef LOOP
}

DISPATCH(
  assign_i64,
  (const int64_t *source, int64_t *destination, ptrdiff_t count,
   const hwsim_assignment *assignment),
  (source, destination, count, assignment))

void hwsim_assign_i64(
  int path, const int64_t *source, int64_t *destination, ptrdiff_t count,
  const hwsim_assignment *assignment) {
  (path == 2 ? assign_i64_avx512 : path == 1 ? assign_i64_avx2 : assign_i64_portable)(
    source, destination, count, assignment);
}

// The product's rules are constants of the loop; the running sum is never shifted.
INLINE void ordered_dot_i64_body(
  const int32_t *data, const int32_t *gather, const int64_t *weights, ptrdiff_t terms,
  int64_t *sum, ptrdiff_t lanes, const hwsim_assignment *assignment,
  const hwsim_assignment *total) {
  const hwsim_assignment p = *assignment, t = *total;
#define SUM(R, O, S)                                  \
  for (ptrdiff_t l = 0; l < lanes; l += 8) {                                   \
    int64_t s[8];                                                              \
    memcpy(s, sum + l, sizeof s);                                              \
    for (ptrdiff_t k = 0; k < terms; k++) {                                    \
      if (gather[k] < 0) continue;                                             \
      const int32_t *x = data + (ptrdiff_t)gather[k] * lanes + l;              \
      const int64_t w = weights[k];                                            \
      for (int i = 0; i < 8; i++)                                              \
        s[i] = assign_one(                                                     \
          s[i] + assign_one(x[i] * w, p.left, p.right, R, O, &p), 0, 0,              \
          HWSIM_ROUND_FLOOR, S, &t);                                \
    }                                                                          \
    memcpy(sum + l, s, sizeof s);                                              \
  }
#define LOOP(R, O)                                               \
  switch (t.overflow) {                                                        \
    case HWSIM_OVERFLOW_WRAP: SUM(R, O, HWSIM_OVERFLOW_WRAP); break;      \
    case HWSIM_OVERFLOW_CLAMP: SUM(R, O, HWSIM_OVERFLOW_CLAMP); break;    \
    case HWSIM_OVERFLOW_ZERO: SUM(R, O, HWSIM_OVERFLOW_ZERO); break;      \
    default: SUM(R, O, HWSIM_OVERFLOW_NONE); break;              \
  }
  FOR_EACH_RULE(LOOP)
#undef LOOP
#undef SUM
}

DISPATCH(
  ordered_dot_i64,
  (const int32_t *data, const int32_t *gather, const int64_t *weights, ptrdiff_t terms,
   int64_t *sum, ptrdiff_t lanes, const hwsim_assignment *product,
   const hwsim_assignment *total),
  (data, gather, weights, terms, sum, lanes, product, total))

void hwsim_ordered_dot_i64(
  int path, const int32_t *data, const int32_t *gather, const int64_t *weights, ptrdiff_t terms,
  int64_t *sum, ptrdiff_t lanes, const hwsim_assignment *product, const hwsim_assignment *total) {
  (path == 2 ? ordered_dot_i64_avx512
   : path == 1 ? ordered_dot_i64_avx2
               : ordered_dot_i64_portable)(
    data, gather, weights, terms, sum, lanes, product, total);
}

void hwsim_widen_i32(const int32_t *source, int64_t *destination, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) destination[i] = source[i];
}

void hwsim_narrow_i64(const int64_t *source, int32_t *destination, ptrdiff_t count) {
  for (ptrdiff_t i = 0; i < count; i++) destination[i] = (int32_t)source[i];
}
