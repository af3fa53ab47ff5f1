extension Explanation {
  /// Codes of number formats, casts and arithmetic units.
  static let formats: [Explanation] = [
    Explanation(
      "cast.losses", "values of a cast saturate, wrap, become NaN or 0",
      """
      The array was cast by the format's rules, and some values lie outside what the format holds, or are
      too small for it. The warning counts them; largest_error and sqnr_db of the result say what that
      does as a whole. Choose a format with a larger range, or scale the values first.
      """),
    Explanation(
      "format.unknown", "a text that names no number format", status: .usage,
      """
      The word before < is no family, or a parameter is impossible: a width of 0 bits, an exponent
      wider than 11 bits, a block of 0 elements. The message shows the family's grammar and the
      nearest valid name; hwsim formats lists all families.
      """),
    Explanation(
      "format.cast", "a format cannot be the target of this cast", status: .usage,
      """
      Casts and units of single values take scalar formats of at most 64 bits: fixed point, integers,
      floats, powers of two, lists of values. Fixed-point overflow modes such as WRAP have no meaning
      in floats and lists, which know sat and nosat.
      """),
    Explanation(
      "format.no-code", "a value has no code in the format",
      """
      A NaN or an overflow in a format without NaN and infinity, a negative value in an unsigned float,
      a zero in a format without zero. The message names the first such value. --overflow sat clamps
      overflows; --invalid minus-one writes -1 there in a signed type; block formats take finite values
      only.
      """),
    Explanation(
      "format.no-table", "the format has no table of codes", status: .usage,
      """
      Tables are printed for scalar formats of at most 16 bits. hwsim formats NAME --encode X shows
      single values of any scalar format.
      """),
    Explanation(
      "usage.unknown-mode", "no rounding or overflow mode has this name", status: .usage,
      """
      Rounding: TRN TRN_ZERO RND RND_ZERO RND_INF RND_MIN_INF RND_CONV (HLS), TO_NEG TO_ZERO TO_POS
      TO_AWAY TIES_ZERO TIES_AWAY TIES_EVEN TIES_ODD TIES_NEG TIES_POS TRN_MAG JAM JAM_UNBIASED,
      TowardZero TowardNegative TowardPositive TiesToEven TiesToAway, Stochastic StochasticOdd
      StochasticFast StochasticFastest. Overflow: WRAP SAT SAT_ZERO SAT_SYM WRAP_SM NUMERIC_STD, with
      :N saturation bits, or sat and nosat.
      """),
    Explanation(
      "usage.unknown-operation", "no arithmetic unit has this name", status: .usage,
      """
      hwsim unit takes cast neg abs add sub mul div fma dot requantize min max lt le gt ge eq ne and mma
      as its first word.
      """),
    Explanation(
      "unit.no-instruction", "the GPU has no matrix instruction for these types",
      """
      Tensor cores take pairs of types that depend on their generation: Volta float16 alone, Turing,
      Ampere and Ada integers of 8, 4 and 1 bits, Hopper and Blackwell integers of 8 bits. Integers of
      1 to 8 bits are put together from single-bit products with --path bitplane.
      """),
    Explanation(
      "usage.operands", "a unit's operand is missing or superfluous", status: .usage,
      """
      Each operand of the operation has a format: --a, --b for two, --c for the third of fma and for
      the start of a dot product. requantize has --multiplier and --shift.
      """),
    Explanation(
      "usage.random-bits", "random bits and stochastic rounding do not fit together",
      status: .usage,
      """
      Stochastic roundings take supplied random numbers, one a value, of N bits: --random-bits FILE.npy
      --random-width N, N from 1 to 32. Other roundings take none.
      """),
    Explanation(
      "array.type", "an array holds codes where values are needed, or the reverse",
      """
      Float arrays are values, integer arrays are codes of the format given by --from, --a, --b or --c.
      """),
    Explanation(
      "array.code", "a code or a random number is out of range",
      """
      Codes of unsigned formats and of floats are 0 to 2^bits - 1; those of signed fixed point and
      integers are two's complement. Random numbers are 0 to 2^N - 1.
      """),
    Explanation(
      "array.lengths", "arrays do not fit together",
      """
      Operands of a unit have one shape, random numbers one element a result; for dot the last axis
      holds the terms of a sum and c has one element a sum.
      """),
    Explanation(
      "array.operands", "an archive holds other arrays than the unit's operands",
      """
      The .npz has one array for each operand, named a, b and c, and 'random' for a stochastic
      rounding; nothing else.
      """),
    Explanation(
      "array.axis", "the array has no such axis", status: .usage,
      """
      --axis counts from 0, or from the end with negative numbers: -1 is the last axis.
      """),
    Explanation(
      "unit.family", "a unit of a family that is not known",
      """
      Families of arithmetic units are those that hwsim unit --help lists; a file of units names one in
      each unit's "family".
      """),
    Explanation(
      "unit.parameters", "a unit lacks a parameter, or one is out of range",
      """
      Every family has its parameters, as in --parameters w=8,a=8,signed=true or a unit's "params".
      Widths are counted in bits; units that are larger than a synthesis would be are refused.
      """),
    Explanation(
      "unit.list", "a file of units is not a list of units",
      """
      UNITS.json is a list of {"name": ..., "family": ..., "params": {...}}, or an object whose "units"
      is one. Names are those of Verilog modules: letters, digits and _, no digit first, each once.
      """),
  ]
}
