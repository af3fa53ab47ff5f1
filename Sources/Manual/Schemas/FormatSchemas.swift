import Documents

extension Schema {
  static let formats = command(
    "formats", "Number formats (hwsim formats --json)",
    result: [
      "type": "object",
      "description":
        "Without a name: families[] and floats[]; with one: the format's facts; with --compare: formats[].",
      "properties": [
        "cases": array(
          of: object(
            [
              "stored_bytes": integer("Bytes of all tensors of the case."),
              "bits_per_weight": number("Stored bits a weight."),
              "tensors": array(of: ["type": "object"], "Name, shape, type and bytes of each."),
            ], required: ["stored_bytes", "bits_per_weight"]), "With --stored, in order."),
        "families": array(
          of: object([
            "grammar": string("Form of the names."), "summary": string("What they are."),
            "examples": array(of: string("A valid name.")),
          ])),
        "floats": array(
          of: object([
            "name": string("Canonical name."), "aliases": array(of: string("Another name.")),
            "source": string("Standard or publication."),
          ])),
        "name": string("Canonical name."),
        "bits": nullable(integer("Bits of a code; null if codes do not stand alone.")),
        "signed_codes": boolean("Whether codes are two's complement."),
        "minimum": nullable(number("Smallest finite value; null if codes do not stand alone.")),
        "maximum": nullable(number("Largest finite value.")),
        "smallest_positive": nullable(number("Smallest value above zero; null if none.")),
        "specials": string("Codes of infinities and NaN, and what is missing."),
        "source": nullable(string("Standard or publication.")),
        "codes": array(
          of: object(["code": integer("The code."), "value": number("Its value.")])),
        "encoded": object([
          "input": number("The value given."), "code": integer("Its code."),
          "value": number("The code's value."), "error": number("Value less input."),
          "below": number("Neighbour not above."), "above": number("Neighbour not below."),
        ]),
        "datapaths": array(of: string("A rule set (--operators).")),
        "operators": array(
          of: object([
            "name": string("The operator."),
            "datapaths": array(of: string("A rule set that has it.")),
          ])),
        "formats": array(of: ["type": "object"], "Facts and values of each compared format."),
      ],
    ])

  static let cast = command(
    "cast", "An array moved into a format, or compared in several (hwsim cast --json)",
    result: [
      "anyOf": [
        object(
          join(
            [
              "format": string("Canonical name of the target."),
              "shape": array(of: integer("Extent.")), "values": integer("Number of values."),
              "invalid_values": integer("Values without a code."),
              "type": string("Type of the result."),
            ], losses)),
        object([
          "compared": array(
            of: object(
              join(
                [
                  "format": string("Canonical name."),
                  "bits_per_value": number("Bits, scales of blocks included."),
                  "scale": nullable(number("What values were divided by; null for blocks.")),
                  "invalid_values": integer("Values without a code."),
                ], losses)))
        ]),
      ]
    ])

  private static let losses: JSON = [
    "exact": integer("Values that are the same."),
    "rounded": integer("Values in range that became another number than 0."),
    "flushed_to_zero": integer("Numbers that became 0."),
    "saturated": integer("Values out of range that became its end or an infinity."),
    "wrapped": integer("Values out of range that became another number."),
    "became_nan": integer("Numbers that became NaN."),
    "largest_error": number("Largest difference of a value."),
    "largest_error_index": nullable(integer("Position of the first value that has it.")),
    "sqnr_db": nullable(number("Power of the values over that of the differences, in dB.")),
  ]

  private static func join(_ first: JSON, _ second: JSON) -> JSON {
    .object((first.members ?? []) + (second.members ?? []))
  }

  static let unit = command(
    "unit", "Results or golden vectors of an arithmetic unit (hwsim unit --json)",
    result: [
      "anyOf": [
        object([
          "shape": array(of: integer("Extent.")), "values": integer("Number of results."),
          "invalid_values": integer("Results without a code."),
          "type": string("Type of the array 'out'."),
        ]),
        object([
          "generation": string("Generation of the tensor cores (mma)."),
          "path": string("tensor-core, mma-sync or bitplane."),
          "shape": array(of: integer("Extent.")), "values": integer("Number of results."),
          "type": string("Type of the array 'out'."), "kind": string("exact or model."),
          "rule": nullable(
            object([
              "block": integer("Products added at once."),
              "fraction_bits": integer("Bits kept below the largest exponent."),
              "kept_mantissa_bits": integer("Mantissa bits kept in a float32 result."),
              "confidence": string("How sure the numbers are."),
              "source": string("Where they come from."),
            ])),
        ]),
        object([
          "files": array(of: string("A file of vectors.")), "vectors": integer("Their number."),
          "boundary_vectors": integer("How many combine boundary codes."),
          "exhaustive": boolean("Whether all operands are there."),
        ]),
        object([
          "units": array(
            of: object(
              [
                "name": string("The unit."),
                "logic_luts": number("Look-up tables; an estimate (with --target)."),
                "ff": integer("Registers."), "carry": integer("Cells of carry chains."),
                "dsp": integer("Multiplier blocks."),
                "depth_lut_levels": integer("Look-up tables on the longest path."),
                "copies": integer("How many the part has room for."),
                "claimed": boolean("Whether a packing was simulated for the flow's blocks."),
                "vectors": integer("Golden vectors (with --verilog)."),
                "exhaustive": boolean("Whether all operands are there."),
              ], required: ["name"]), "With --cost or --parameters, in order."),
          "errors": object([
            "lut_mape_percent": nullable(number("Mean error of tables, thirds left out.")),
            "depth_mape_percent": nullable(number("Mean error of depths.")),
          ]),
          "files": array(of: string("A file that was written.")),
        ]),
      ]
    ])
}
