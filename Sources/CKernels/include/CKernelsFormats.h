#ifndef HWSIM_CKERNELS_FORMATS_H
#define HWSIM_CKERNELS_FORMATS_H

#include <stddef.h>
#include <stdint.h>

/* Which code runs: 0 the plain definitions, 1 portable C, 2 AVX2. HWSIM_KERNEL=plain|portable|avx2
 * forces a level that the processor has; other words are ignored. */
int hwsim_formats_level(void);

/* A signed floating-point format of at most 8 bits with subnormals, rounded to nearest even. */
typedef struct {
  int32_t mantissa_bits;   /* 0 to 6 */
  int32_t rebias;          /* (127 - bias) << mantissa_bits */
  int32_t normal_bits;     /* bits of the smallest normal number as a float */
  int32_t magic_bits;      /* bits of the float whose last place is the format's smallest step */
  int32_t maximum_code;
  int32_t overflow_code;   /* code of an overflow, without sign */
  int32_t nan_code;        /* negative if there is none */
  int32_t sign_bit;        /* the code's sign bit */
  int32_t overflow_signed; /* whether the sign bit is set on overflows */
  int32_t negative_zero;   /* whether -0 has a code */
} hwsim_minifloat;

/* Codes of n floats through a table of 2^16 entries, indexed by the upper 16 bits of a float. The
 * low half of an entry is a boundary: floats whose lower 16 bits are below it have the code in bits
 * 32 to 47, others that in bits 48 to 63. Returns the bitwise or of the codes that were used. */
uint16_t hwsim_lookup_f32(const float *x, size_t n, const uint64_t *table, uint8_t *codes);

/* Codes of n floats; returns 1 if one was a NaN without code. level: 1 or 2. */
int hwsim_minifloat_f32(
    const float *x, size_t n, const hwsim_minifloat *format, uint8_t *codes, int level);

/* OCP MX blocks of 32: scales[blocks], codes[32 * blocks]. emax: of the element. format: NULL for
 * INT8 elements worth code / 64. Returns 1 if a value was not finite. level: 1 or 2. */
int hwsim_mx_quantize_f32(
    const float *x, size_t blocks, int emax, const hwsim_minifloat *format, uint8_t *scales,
    uint8_t *codes, int level);

/* x / 2^shift (1 to 31) rounded half to even and clamped to low...high. level: 1 or 2. */
void hwsim_requantize_i32_i8(
    const int32_t *x, size_t n, int shift, int32_t low, int32_t high, int8_t *out, int level);
void hwsim_requantize_i32_i32(
    const int32_t *x, size_t n, int shift, int32_t low, int32_t high, int32_t *out, int level);

/* out[m][n] = sum over k of a[m][k] * b[n][k], modulo 2^32, then read as a signed number of width
 * bits (1 to 32). level: 1 or 2. */
void hwsim_matmul_wrap_i16(
    const int16_t *a, const int16_t *b, size_t m, size_t n, size_t k, int width, int32_t *out,
    int level);

/* The same with the running sum clamped to low...high after every term, in order of k. b is
 * [k][n]. The limits are within +-2^29. level: 1 or 2. */
void hwsim_matmul_saturate_i16(
    const int16_t *a, const int16_t *b, size_t m, size_t n, size_t k, int32_t low, int32_t high,
    int32_t *out, int level);

#endif
