public import ArgumentParser
public import Sessions

/// How results are moved onto a format's grid; shared by `cast`, `unit` and `formats --encode`.
struct CastOptions: ParsableArguments {
  @Option(
    help: .init(
      "Rounding: TiesToEven, TowardZero, RND_CONV, TRN, Stochastic, ... (default: the format's).",
      valueName: "MODE"), completion: .roundings)
  var rounding: String?

  @Option(
    help: .init(
      "Overflow: sat, nosat, WRAP, SAT, SAT_ZERO, SAT_SYM, WRAP_SM, NUMERIC_STD, with :N bits "
        + "(default: the format's).", valueName: "MODE"), completion: .overflows)
  var overflow: String?

  /// The modes as they were typed.
  var modes: CastModes { CastModes(rounding: rounding, overflow: overflow) }
}

extension InvalidChoice: ExpressibleByArgument {}
