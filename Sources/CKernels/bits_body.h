// The body of bits.c for vectors of LANES words; NAME gives its functions a suffix.

typedef uint64_t NAME(vector) __attribute__((vector_size(LANES * 8), aligned(8)));
#define VECTOR NAME(vector)

// Adds `weight` times the population counts of 64-bit lanes.
INLINE void NAME(add_counts)(VECTOR *sums, const VECTOR *bits, const int weight) {
  VECTOR x = *bits;
  x -= x >> 1 & 0x5555555555555555;
  x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F;
  x += x >> 8;
  x += x >> 16;
  *sums += ((x + (x >> 32)) & 0x7F) << weight;
}

// Ones counted by weight: a carry-save adder keeps the bits of weight 1, 2, 4 and 8 of each
// position, and only the carries of sixteen vectors are counted (Harley and Seal). Units of 8 words
// that do not fill such a block wait for others.
#define UNIT (8 / LANES)
#define UNITS (16 / UNIT)
typedef struct {
  VECTOR ones, twos, fours, eights, sixteens;
  const VECTOR *a[UNITS], *b[UNITS];
  int waiting;
} NAME(counter);

#define ADD(high, low, x, y)              \
  do {                                    \
    const VECTOR x_ = (x), y_ = (y);      \
    const VECTOR u_ = (low) ^ x_;         \
    (high) = ((low) & x_) | (u_ & y_);    \
    (low) = u_ ^ y_;                      \
  } while (0)

// Sixteen joined vectors, TERM(0) to TERM(15).
#define COUNT_BLOCK(c)                                                          \
  do {                                                                          \
    VECTOR twos_a, twos_b, fours_a, fours_b, eights_a, eights_b, sixteen;       \
    ADD(twos_a, (c)->ones, TERM(0), TERM(1));                                   \
    ADD(twos_b, (c)->ones, TERM(2), TERM(3));                                   \
    ADD(fours_a, (c)->twos, twos_a, twos_b);                                    \
    ADD(twos_a, (c)->ones, TERM(4), TERM(5));                                   \
    ADD(twos_b, (c)->ones, TERM(6), TERM(7));                                   \
    ADD(fours_b, (c)->twos, twos_a, twos_b);                                    \
    ADD(eights_a, (c)->fours, fours_a, fours_b);                                \
    ADD(twos_a, (c)->ones, TERM(8), TERM(9));                                   \
    ADD(twos_b, (c)->ones, TERM(10), TERM(11));                                 \
    ADD(fours_a, (c)->twos, twos_a, twos_b);                                    \
    ADD(twos_a, (c)->ones, TERM(12), TERM(13));                                 \
    ADD(twos_b, (c)->ones, TERM(14), TERM(15));                                 \
    ADD(fours_b, (c)->twos, twos_a, twos_b);                                    \
    ADD(eights_b, (c)->fours, fours_a, fours_b);                                \
    ADD(sixteen, (c)->eights, eights_a, eights_b);                              \
    NAME(add_counts)(&(c)->sixteens, &sixteen, 0);                              \
  } while (0)

INLINE void NAME(count_pair)(
  NAME(counter) *c, const uint64_t *a_words, const uint64_t *b_words, ptrdiff_t words,
  const bool is_xor) {
  const VECTOR *a = (const VECTOR *)a_words, *b = (const VECTOR *)b_words;
  const ptrdiff_t vectors = words / LANES;
  ptrdiff_t v = 0;
  for (; v + 16 <= vectors; v += 16) {
#define TERM(n) (is_xor ? a[v + n] ^ b[v + n] : a[v + n] & b[v + n])
    COUNT_BLOCK(c);
#undef TERM
  }
  for (; v < vectors; v += UNIT) {
    c->a[c->waiting] = a + v;
    c->b[c->waiting] = b + v;
    c->waiting += 1;
    if (c->waiting < UNITS) continue;
    c->waiting = 0;
#define TERM(n)                                                         \
  (is_xor ? c->a[(n) / UNIT][(n) % UNIT] ^ c->b[(n) / UNIT][(n) % UNIT] \
          : c->a[(n) / UNIT][(n) % UNIT] & c->b[(n) / UNIT][(n) % UNIT])
    COUNT_BLOCK(c);
#undef TERM
  }
}

// What was counted, and what waits.
INLINE int64_t NAME(counted)(NAME(counter) *c, const bool is_xor) {
  for (int unit = 0; unit < c->waiting; unit++) {
    for (int n = 0; n < UNIT; n += 2) {
      const VECTOR *a = c->a[unit] + n, *b = c->b[unit] + n;
      VECTOR carry, next;
      ADD(carry, c->ones, is_xor ? a[0] ^ b[0] : a[0] & b[0], is_xor ? a[1] ^ b[1] : a[1] & b[1]);
      next = c->twos & carry;
      c->twos ^= carry;
      carry = c->fours & next;
      c->fours ^= next;
      next = c->eights & carry;
      c->eights ^= carry;
      // At most 15 vectors wait after a block: the carry of the eights is counted at once.
      NAME(add_counts)(&c->sixteens, &next, 0);
    }
  }
  VECTOR sum = c->sixteens << 4;
  NAME(add_counts)(&sum, &c->eights, 3);
  NAME(add_counts)(&sum, &c->fours, 2);
  NAME(add_counts)(&sum, &c->twos, 1);
  NAME(add_counts)(&sum, &c->ones, 0);
  int64_t total = 0;
  for (int lane = 0; lane < LANES; lane++) total += (int64_t)sum[lane];
  return total;
}

// Pairs of planes of one weight and sign share a counter.
INLINE int64_t NAME(entry)(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, const bool is_xor) {
  const int a_top = p->a_signed ? p->a_planes - 1 : p->a_planes;
  const int b_top = p->b_signed ? p->b_planes - 1 : p->b_planes;
  int64_t sum = 0;
  for (int weight = 0; weight <= p->a_planes + p->b_planes - 2; weight++) {
    for (int sign = 0; sign < 2; sign++) {
      NAME(counter) counter;
      bool is_empty = true;
      for (int s = 0; s < p->a_planes; s++) {
        const int t = weight - s;
        if (t < 0 || t >= p->b_planes || ((s == a_top) != (t == b_top)) != sign) continue;
        if (is_empty) {
          counter.ones = counter.twos = counter.fours = counter.eights = counter.sixteens =
            (VECTOR){0};
          counter.waiting = 0;
          is_empty = false;
        }
        NAME(count_pair)(&counter, a + s * p->words, b + t * p->words, p->words, is_xor);
      }
      if (is_empty) continue;
      const int64_t ones = NAME(counted)(&counter, is_xor);
      sum += (sign ? -ones : ones) * ((int64_t)1 << weight);
    }
  }
  return sum;
}

INLINE void NAME(product_join)(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, int64_t *sums,
  const bool is_xor) {
  const ptrdiff_t step = panel(p);
  for (ptrdiff_t first = 0; first < p->columns; first += step) {
    const ptrdiff_t last = first + step < p->columns ? first + step : p->columns;
    for (ptrdiff_t i = 0; i < p->rows; i++)
      for (ptrdiff_t j = first; j < last; j++)
        sums[i * p->columns + j] = NAME(entry)(
          p, a + i * p->a_planes * p->words, b + j * p->b_planes * p->words, is_xor);
  }
}

INLINE void NAME(product)(
  const hwsim_bit_product *p, const uint64_t *a, const uint64_t *b, int64_t *sums) {
  if (p->is_xor) {
    NAME(product_join)(p, a, b, sums, true);
  } else {
    NAME(product_join)(p, a, b, sums, false);
  }
}

#undef VECTOR
#undef UNIT
#undef UNITS
#undef ADD
#undef COUNT_BLOCK
