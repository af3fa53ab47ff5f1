// Products of binary planes, and floating-point block sums of tensor cores.
//
// Every function here has a plain Swift definition in Arith that it is tested against.
#ifndef HWSIM_CKERNELS_BITS_H
#define HWSIM_CKERNELS_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Instruction sets by number.
enum { HWSIM_BITS_PORTABLE = 0, HWSIM_BITS_AVX2 = 1, HWSIM_BITS_VPOPCNT = 2 };

// The highest number that this processor runs.
int hwsim_bits_best_path(void);
// Whether this processor runs `path`.
bool hwsim_bits_has_path(int path);

// Words of a packed row of `length` bits: a multiple of 8.
ptrdiff_t hwsim_bits_words(ptrdiff_t length);

// Splits `rows` rows of `length` codes into `planes` planes `[row][plane][word]`, element k at bit
// k % 64 of word k / 64; bits beyond the row are 0. Bits of a code above the planes are ignored.
void hwsim_bits_pack(
  const int64_t *codes, ptrdiff_t rows, ptrdiff_t length, int planes, uint64_t *packed);

// One product of planes; `words` is a multiple of 8.
typedef struct {
  ptrdiff_t rows, columns, words;
  int a_planes, b_planes;
  // Whether the top plane of an operand weighs -2^(planes - 1).
  bool a_signed, b_signed;
  // XOR instead of AND between the planes; both operands have one plane then.
  bool is_xor;
} hwsim_bit_product;

// sums[i * columns + j] = sum over planes s of a, t of b of
// weight(s) * weight(t) * popcount(a[i][s] op b[j][t]); exact.
void hwsim_bits_product(
  int path, const hwsim_bit_product *product, const uint64_t *a, const uint64_t *b, int64_t *sums);

// How a tensor core adds one block of products: see BlockSum in Arith.
typedef struct {
  // Products added at once.
  int length;
  // Bits kept below the largest exponent, and fraction bits of a product of two significands.
  int fraction_bits, product_bits;
  // The result: exponent and mantissa fields, mantissa bits kept, ties to even or toward zero.
  int exponent_bits, mantissa_bits, kept_bits;
  bool rounds_to_even;
} hwsim_block_rule;

// Operands of `rows` rows of `depth` terms, a multiple of the block's length: significands with
// their sign and exponents, HWSIM_NO_EXPONENT for a zero.
#define HWSIM_NO_EXPONENT (-100000)

// Codes of rows [rows][columns] of a times b plus c, one block after the other, each from the rounded
// result of the one before. `b_step` is 0 if row i of a meets every row of b, and 1 if it meets row
// i alone (then columns is 1). No operand is infinite or a NaN.
void hwsim_block_product(
  bool has_avx2, const hwsim_block_rule *rule, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth,
  const int32_t *a, const int32_t *a_exponents, const int32_t *b, const int32_t *b_exponents,
  ptrdiff_t b_step, const uint32_t *c, uint32_t *codes);

#endif
