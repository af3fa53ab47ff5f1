import Documents

extension Schema {
  static let check = command(
    "check", "Whether a model matches observed values (hwsim check --json)",
    result: object([
      "verdict": choice(
        ["BIT-EXACT", "EXACT AS PRINTED", "WITHIN", "MISMATCH"],
        "Codes compared and equal; equal as printed, or as the array rounds; within the tolerance; or not."
      ),
      "samples": integer("Samples compared."),
      "compared_values": integer("Values compared, of outputs and layers."),
      "equal_values": integer("Values that are equal."),
      "max_lsb": number("Largest difference in units of the last place."),
      "mean_lsb": number("Mean difference over all compared values."),
      "printed_digits": nullable(integer("Significant digits of the text compared with.")),
      "distinguishable_values": nullable(
        integer("Printed or rounded values that no neighbouring code would give.")),
      "array_bits": nullable(
        integer("Significant bits of arrays that hold fewer than the types compared with.")),
      "off_grid": nullable(
        object([
          "name": string("The first output or layer with values that its format does not have."),
          "values": integer("Such values: they come from a float model."),
          "compared": integer("Values compared."),
          "sample": integer("Number of the sample of the first, from 0."),
          "index": array(of: integer("One index a dimension.")),
          "expected": number("The first."),
        ])),
      "outputs": array(of: comparison),
      "layers": array(of: comparison),
      "max_difference": nullable(
        number("Largest difference of differing outputs that are floats.")),
      "relative_difference": nullable(
        number("That difference over the largest expected magnitude of its tensor.")),
      "rounding": nullable(rounding),
      "first_divergence": nullable(
        object([
          "node": string("The first differing layer in execution order."),
          "index": array(of: integer("Sample, then one index a dimension.")),
          "expected": number("Observed value."),
          "actual": number("hwsim's value."),
          "cause": nullable(cause),
          "candidates": array(of: cause, "Every single change found, most plausible first."),
          "search": nullable(
            object([
              "tried": integer("Single changes tried."),
              "complete": boolean("Whether all were tried."),
            ])),
          "other_weights": nullable(
            object([
              "channels": integer("Output channels of the layer that differ; its inputs agree."),
              "channel_count": integer("All its output channels."),
              "values": integer("Values that differ, of those looked at."),
              "value_count": integer("Values looked at."),
            ])),
        ])),
      "mismatches": array(
        of: object([
          "name": string("The output, or the layer where outputs are equal."),
          "sample": integer("Number of the sample, from 0."),
          "index": array(of: integer("One index a dimension.")),
          "expected": number("Observed value."),
          "actual": number("hwsim's value."),
          "lsb": number("Difference in units of the last place."),
          "first_differing_node": nullable(
            string("The first layer known to differ in this sample.")),
        ])),
      "overflows": array(
        of: object([
          "node": string("Name of the layer."),
          "object": choice(["accumulator", "result"], "What overflowed."),
          "values": integer("Result values affected."),
          "bits_needed": nullable(integer("Bits that the largest value needed.")),
          "bits": integer("Bits that the type has."),
        ])),
      "overflow_samples": integer("Samples that overflows were counted over."),
      "against": nullable(
        object([
          "datapath": string("The rules that gave the expected values (--against)."),
          "drawn_inputs": boolean("Whether the inputs were drawn from the seed."),
        ])),
    ]))

  private static let comparison = object([
    "name": string("The tensor, or the layer as its file names it."),
    "file": string("The file with the observed values."),
    "format": string("The tensor's number format."),
    "compared": integer("Values compared."),
    "equal": integer("Values that are equal."),
    "max_lsb": number("Largest difference in units of the last place."),
  ])

  private static let cause = object([
    "kind": choice(
      [
        "rounding", "overflow", "width", "value", "table-size", "order", "implementation",
        "sample-order", "exchange", "scale", "layout",
      ], "What was changed."),
    "object": choice(
      ["result", "accumulator", "weight", "bias", "input", "table", "softmax", "expected"],
      "The thing that was changed."),
    "node": string("The layer at which it was changed."),
    "detail": string("The change in words."),
    "reproduces": integer("Observed values that the change reproduces."),
    "differing": nullable(integer("Of the values looked at, those that differ without it.")),
  ])
}

extension Schema {
  /// What the order of float sums can do to a run, where values differ.
  fileprivate static let rounding = object([
    "explains": boolean("Whether every difference is within a bound that tells it from an error."),
    "complete": boolean("Whether every sample was looked at."),
    "samples": integer("Samples looked at that differ."),
    "differing_values": integer("Values of those that differ."),
    "within_bound": integer("Those within their bounds."),
    "largest_difference": number("Over the span of the tensor."),
    "largest_bound": number("Over the span of the tensor."),
    "independent_errors": boolean(
      "Whether bounds take the errors of roundings for independent; else they are the worst case's."
    ),
    "beyond": nullable(
      object([
        "tensor": string("Tensor of the first value beyond its bound."),
        "sample": integer("Number of the sample, from 0."),
        "index": array(of: integer("One index a dimension.")),
        "difference": number("In codes, or in values of floats."),
        "bound": number("In the same unit."),
      ])),
    "near_ties": integer("Elements of quantizers whose code the order of sums decides."),
    "ties": array(
      of: object([
        "node": string("The quantizer."),
        "sample": integer("Number of the sample, from 0."),
        "index": array(of: integer("One index a dimension.")),
        "codes": number("How many codes the element can be moved by."),
        "observed": boolean("Whether the expected values differ there."),
      ])),
  ])
}
