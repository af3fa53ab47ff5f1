import Documents

extension Schema {
  static let estimate = command(
    "estimate", "Latency, memory and flash of a network (hwsim estimate --json)",
    result: [
      "anyOf": [
        estimateResult, object(["results": array(of: estimateResult)]), rowsResult,
        calibrationResult,
      ]
    ])

  /// Answers of ``--gemms`` and of transformers' configurations.
  private static let rowsResult = object(
    [
      "rows": array(
        of: object(
          [
            "id": string("Of a product, as its table has it."),
            "target": string("Id of the device."),
            "bits": string("Formats of weights, data and cache."),
            "batch": integer("Sequences."), "sequence": integer("Tokens of each."),
            "tensor_parallel": integer("Devices that the model is spread over."),
            "fits": boolean("Whether the memory holds it."),
            "prefill_seconds": nullable(number("First pass over the sequence.")),
            "decode_seconds": nullable(number("One more token of every sequence.")),
            "tokens_per_second": nullable(number("Of all sequences.")),
            "memory": nullable(
              object([
                "weights": number("Bytes on one device."), "cache": number("Bytes."),
                "activations": number("Bytes."), "total": number("Bytes."),
                "available": nullable(number("What the device has.")),
              ])),
            "phases": array(
              of: object(
                [
                  "phase": string("prefill, decode, encoder, ..."),
                  "bound": nullable(string("What bounds most of it.")),
                  "latency_seconds": number("Time of the pass."),
                  "cycles": number("Cycles of the pass."),
                  "energy_joules": number("Energy of the pass."),
                  "dram_bytes": number("Bytes from and to DRAM."),
                ], required: ["phase", "bound"])),
            "latency_seconds": number("Of a product."),
            "bound": nullable(string("compute, memory, launch or dram.")),
            "path": string("Kernel path, and whether it is native, converted or emulated."),
            "shares": [
              "type": "object", "description": "Share of the last phase by kind of kernel.",
            ],
            "energy_joules": nullable(number("Of the last phase; of a GPU at most.")),
            "error": nullable(["type": "object", "description": "Measured error of the path."]),
          ], required: [])),
      "crossovers": array(
        of: object([
          "target": string("Id of the device."), "formats": array(of: string("A configuration.")),
          "batch": nullable(integer("Where the other is the faster.")),
          "faster_below": nullable(string("The faster one below.")),
        ])),
    ], required: ["rows"])

  private static let calibrationResult = object([
    "target": string("Id of the device."),
    "calibrations": array(
      of: object([
        "path": string("Kernel path."), "rows": integer("Measurements."),
        "before": ["type": "object", "description": "Error with the description's constants."],
        "after": ["type": "object", "description": "Error with the fitted ones."],
        "folded": nullable(["type": "object", "description": "Error over five folds."]),
        "table": string("Key of the description that takes the row."),
        "row": ["type": "object", "description": "The fitted constants."],
      ])),
  ])

  private static let estimateResult = object(
    [
      "results": [
        "type": "array",
        "description": "Every estimate: this one, in the shape of several targets, bits or sizes.",
      ],
      "target": string("Id of the device."),
      "bits": nullable(string("The value of --bits.")),
      "batch": integer("The value of --batch, where it is given."),
      "sequence": integer("The value of --sequence, where it is given."),
      "fits": nullable(
        boolean(
          "Whether SRAM and flash hold it; null where one is nearer to its limit than the error.")),
      "latency": nullable(
        object([
          "cycles": nullable(number("Cycles of one run; null without a model of the device.")),
          "seconds": nullable(number("Time of one run.")),
          "clock_hz": nullable(number("Clock that seconds are counted with.")),
          "kind": choice(["exact", "estimate"], "Counted or predicted."),
          "model": nullable(string("The cost model.")),
          "error": nullable(
            object([
              "median_percent": number("Median over networks that were left out of the fit."),
              "worst_percent": nullable(number("The largest of them.")),
              "source": string("Rows and method."),
            ])),
        ])),
      "memory": object([
        "sram_bytes": integer("Arena, stack and runtime."),
        "arena_head_bytes": integer("Activations and working buffers."),
        "arena_total_bytes": integer("With what lives as long as the model, on this target."),
        "arena_total_bytes_host64": integer("The same stack on a 64-bit host."),
        "runtime_ram_bytes": integer("Stack and runtime beside the arena; an estimate."),
        "liveness_bytes": integer("Largest sum of what is alive at one step: no plan needs less."),
        "flash_bytes": integer("Weights, tables and code."),
        "weight_bytes": integer("Weights, packed."),
        "table_bytes": integer("Biases and requantization, or the rest of the model file."),
        "code_bytes": integer("Program of the runtime; an estimate."),
      ]),
      "resources": [
        "type": "object", "additionalProperties": resource,
        "description": "What the device has so much of, by name.",
      ],
      "ii": nullable(integer("Cycles between two inputs, of FPGAs.")),
      "frames_per_second": nullable(number("Inputs a second at that interval, of FINN.")),
      "reports": object(["csynth": synthesisReport, "post_synth": synthesisReport]),
      "fit": object([
        "excess": array(of: ["type": "object"], "What the part has too little of."),
        "change": nullable([
          "type": "object",
          "description": "The nearest folding that fits: layer (null for all), strategy, factor.",
        ]),
      ]),
      "energy_joules": nullable(number("Mean power of measured runs times the time.")),
      "quantities": array(
        of: object([
          "key": string("Its key, which ends in its unit."),
          "name": string("What --limit calls it."),
          "unit": string("Its unit."), "value": number("The total."),
          "kind": choice(["exact", "estimate"], "Counted or predicted."),
          "model": nullable(string("The cost model.")),
          "error": nullable(["type": "object", "description": "As that of latency."]),
          "available": nullable(number("What the device has.")),
          "better": choice(["lower", "higher"], "Which is better."),
        ]), "Everything that the device says of the network."),
      "macs": integer("Convolutions and matrix products."),
      "layers": array(
        of: object(
          [
            "name": string("Name of the layer."),
            "operator": string("What it computes."),
            "kernel": string("The class of kernels that its cost is that of."),
            "shape": array(of: integer("Extents of its result.")),
            "weight_bits": nullable(integer("Bits of its weights.")),
            "input_bits": nullable(integer("Bits of its input.")),
            "output_bits": nullable(integer("Bits of its result.")),
            "macs": integer("Multiplications with accumulation."),
            "cycles": nullable(number("Its cycles.")),
            "seconds": nullable(number("Its time.")),
            "share": nullable(number("Its part of all cycles, 0 to 1.")),
            "live_bytes": nullable(integer("Bytes of the arena alive while it runs.")),
            "work": ["type": "object", "description": "Counts of its work by name."],
            "traffic": ["type": "object", "description": "Bytes moved by level of memory."],
            "costs": ["type": "object", "description": "Its part of other sums, by their keys."],
            "strategy": nullable(string("How an FPGA makes its products.")),
            "reuse_factor": nullable(integer("Turns of each multiplier.")),
            "configuration": nullable(string("Name of its configuration in the project.")),
            "pe": nullable(integer("Rows or channels of a FINN unit at once.")),
            "simd": nullable(integer("Columns of a FINN unit at once.")),
            "window_simd": nullable(integer("Channels at once of the buffer of its windows.")),
            "accumulator_bits": nullable(integer("Bits of its sums.")),
            "latency": nullable(number("Cycles from its input to its result.")),
            "ii": nullable(integer("Cycles between two inputs.")),
            "lut": nullable(number("Look-up tables.")), "ff": nullable(number("Flip-flops.")),
            "dsp": nullable(number("Multiplier blocks.")),
            "bram18": nullable(number("Memory blocks of 18 Kib.")),
          ], required: layerKeys), "In execution order."),
      "peak": nullable(
        object([
          "layer": string("The layer with the most bytes alive."),
          "bytes": integer("Their sum, aligned."),
          "scratch_bytes": integer("Working buffers among them."),
          "tensors": array(
            of: object(["name": string("Tensor."), "bytes": integer("Its size, aligned.")])),
        ])),
      "limits": array(
        of: object([
          "limit": string("As it was given."), "bound": number("Bytes or seconds."),
          "actual": nullable(number("Bytes or seconds.")), "kept": boolean("Whether it is kept."),
        ])),
      "latency_interval": nullable(
        object([
          "low_seconds": number("The time is over this."),
          "high_seconds": number("And under this."), "factor": number("Of the estimate."),
          "probability": number("How often, by the left-out rows of the fit."),
          "source": string("Rows and method."),
        ])), "patch": nullable(patch),
      "notes": array(of: string("What the numbers leave out.")),
      "explanation": nullable(
        object(
          [
            "layer": string("The layer of --explain."), "operator": string("What it computes."),
            "cycles": number("Its cost, under the name of its unit."),
            "core_factor": number("Cycles for one of a Cortex-M4, of microcontrollers."),
            "terms": array(
              of: object(
                [
                  "what": string("Kind of work."), "count": number("How much."),
                  "cycles_each": number("What one takes, under the name of the unit."),
                  "cycles": number("Their product, times the factor of the device."),
                  "key": nullable(string("The constant in the description.")),
                  "source": nullable(string("Where the constant comes from.")),
                  "form": string("sum, largest or smooth maximum, of a term made of parts."),
                  "parts": array(of: ["type": "object"], "Terms that it is made of."),
                ], required: ["what"]), "They add up."),
            "quantities": array(
              of: ["type": "object"], "The same of every quantity, where there are several."),
          ], required: ["layer", "operator", "terms"])),
    ], required: required)

  /// Members that every family gives; `memory`, `latency_interval` and `patch` are those of microcontrollers.
  private static let required = [
    "target", "bits", "fits", "latency", "resources", "energy_joules", "quantities", "macs",
    "layers", "peak", "limits", "notes", "explanation",
  ]

  private static let layerKeys = [
    "name", "operator", "kernel", "shape", "weight_bits", "input_bits", "output_bits", "macs",
    "cycles", "seconds", "share", "live_bytes", "work",
  ]

  private static let conventions = object([
    "plain": integer("Operands, result and what is read later."),
    "inplace-dw": integer("A depthwise layer of stride 1 overwrites its operand."),
  ])

  private static let span = array(of: integer("First and last position, both included."))

  private static let patch = object([
    "grid": integer("Tiles along rows, and along columns."),
    "split_after": integer("The stage's last block."),
    "macs": integer("Of the whole network, recomputed halo included."),
    "macs_unpatched": integer("Layer by layer."),
    "stage_macs": integer("Of the stage alone."),
    "bops": integer("Multiplications times bits of both factors, halo included."),
    "bops_unpatched": integer("Layer by layer, in the model's widths."),
    "stage_bops": integer("Of the stage alone."),
    "peak_bytes": conventions, "peak_bytes_unpatched": conventions,
    "stage_peak_bytes": conventions,
    "image_bytes": integer("The image, which the peaks do not count."),
    "sram_bytes": integer("Peak (plain), image, what lives as long as the model, runtime."),
    "latency_seconds": nullable(number("Time under the schedule.")),
    "latency_cycles": nullable(number("Cycles under the schedule.")),
    "kept": boolean("Whether it keeps the limit that auto chose it under."),
    "tiles": array(
      of: object([
        "tile": array(of: integer("Row and column.")), "input_rows": span, "input_cols": span,
        "output_rows": span, "output_cols": span,
        "rows_per_layer": array(of: integer("Rows that each convolution reads, then the tile's.")),
        "cols_per_layer": array(of: integer("The same along columns.")),
        "macs": integer("Multiplications."), "bops": integer("Bit operations."),
        "converted_values": integer("Values that are converted where its encodings begin and end."),
        "peak_bytes": conventions,
      ]), "Row by row."),
  ])

  private static let resource = object(
    [
      "used": nullable(number("In the unit of the quantity; null where it is unknown.")),
      "available": number("What the device has."),
      "kind": choice(["estimate", "exact", "unknown"], "Whether the use is exact."),
      "error": nullable(["type": "object", "description": "As that of latency."]),
      "reason": string("What there is no rule for, where the use is unknown."),
    ], required: ["used", "available", "kind"])

  /// A report of high-level or logic synthesis.
  private static let synthesisReport = nullable(
    object([
      "path": string("Relative to the project."), "tool": nullable(string("Tool or version.")),
      "part": nullable(string("The part that it is of.")),
      "resources": ["type": "object", "description": "lut, ff, dsp, bram18, uram."],
      "latency": ["type": "object", "description": "cycles and cycles_least."],
      "ii": nullable(number("Cycles between two inputs.")),
      "clock_period_ns": nullable(number("That was asked for.")),
      "estimated_period_ns": nullable(number("That the tool estimates.")),
    ]))

  static let targets = command(
    "targets", "Devices and their constants (hwsim targets --json)",
    result: [
      "anyOf": [
        object([
          "targets": array(
            of: object(
              [
                "id": string("Id."), "family": string("Kind of device."), "name": string("Name."),
                "aliases": array(of: string("Another name.")), "clock_hz": number("Clock."),
                "sram_bytes": integer("Memory."), "flash_bytes": integer("Flash."),
                "has_latency_model": boolean("Whether latency is estimated."),
                "latency_error_percent": nullable(number("Median, networks left out.")),
                "latency_worst_error_percent": nullable(number("Largest, networks left out.")),
                "latency_board_error_percent": nullable(number("Median, the board left out.")),
                "multiprocessors": nullable(integer("Streaming multiprocessors.")),
                "memory_bytes": nullable(number("Memory of the device.")),
                "dram_bytes_per_second": nullable(number("Bandwidth of that memory.")),
                "fp16_ops_per_second": nullable(number("Dense peak of 16-bit floating point.")),
                "int8_ops_per_second": nullable(number("Dense peak of 8-bit integers.")),
                "paths": array(of: string("Formats of a matrix product that the device has.")),
                "rules": string("The simulator whose rules an array follows."),
                "rows": nullable(integer("Rows of the array.")),
                "columns": nullable(integer("Columns of the array.")),
                "weight_buffer_bytes": nullable(number("Buffer of weights.")),
                "input_buffer_bytes": nullable(number("Buffer of inputs.")),
                "technology": string("Family of FPGAs."), "lut": integer("Look-up tables."),
                "dsp": integer("Multiplier blocks."),
                "bram18": integer("Memory blocks of 18 Kib."),
                "uram": integer("Memory blocks of 288 Kib."),
                "is_measured": boolean("Whether the flow has reports of such parts."),
                "lut_mape_percent": nullable(
                  number("Mean error of look-up tables, thirds of the units left out.")),
                "depth_mape_percent": nullable(number("The same of levels of logic.")),
              ], required: ["id", "family", "name", "aliases"]))
        ]),
        object([
          "id": string("Id."), "name": string("Name."),
          "aliases": array(of: string("Another name.")),
          "base": nullable(string("The description that it extends.")),
          "notes": array(of: string("A remark.")),
          "measurements": array(of: string("A row that its constants were fitted to.")),
          "constants": ["type": "object", "description": "value, unit, source, defined_in."],
          "file": ["type": "object", "description": "The description as it stands."],
        ]),
        object([
          "valid": boolean("Always true: problems are an error."), "id": string("Id."),
          "constants": integer("Constants, inherited ones included."),
        ]),
        object(["template": ["type": "object", "description": "The skeleton."]]),
      ]
    ])
}
