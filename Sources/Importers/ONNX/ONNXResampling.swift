internal import QuantGraph

extension ONNXGraphBuilder {
  /// Source: ONNX, ConvTranspose-22: `output = stride * (input - 1) + output_padding +
  /// (kernel - 1) * dilation + 1 - pads`; a given output shape decides the pads.
  mutating func transposedConvolution(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let weights = try call.input(1)
    var operands = [data, weights]
    if let bias = call.optional(2) { operands.append(bias) }
    try requireReal(data)
    try requireSameType(operands)
    let extents = shape(data).extents
    let filters = shape(weights).extents
    let groups = try call.integer("group", default: 1)
    guard extents.count >= 3, filters.count == extents.count, groups > 0,
      extents[1] % groups == 0, filters[0] == extents[1]
    else { throw .graph(.shapeMismatch(operand: "weights", expected: extents, found: filters)) }
    let spatial = Array(extents.dropFirst(2))
    let kernel = Array(filters.dropFirst(2))
    if let given = try call.integers("kernel_shape"), given != kernel {
      throw .attribute("kernel_shape", found: "\(given)", expected: "\(kernel)")
    }
    let axes = spatial.count
    func list(
      _ name: String, count: Int, from least: Int
    ) throws(ONNXProblem.Kind) -> [Int] {
      guard let given = try call.integers(name), !given.isEmpty else {
        return [Int](repeating: least, count: count)
      }
      guard given.count == count, given.allSatisfy({ (least...1 << 20).contains($0) }) else {
        throw .attribute(name, found: "\(given)", expected: "\(count) numbers from \(least)")
      }
      return given
    }
    guard (spatial + kernel).allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw .attribute("kernel_shape", found: "\(kernel)", expected: "a kernel of some extent")
    }
    let strides = try list("strides", count: axes, from: 1)
    let dilations = try list("dilations", count: axes, from: 1)
    var extra = try list("output_padding", count: axes, from: 0)
    let pads = try list("pads", count: 2 * axes, from: 0)
    var before = Array(pads[..<axes])
    var after = Array(pads[axes...])
    let mode = try call.string("auto_pad") ?? "NOTSET"
    guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(mode) else {
      throw .attribute("auto_pad", found: "'\(mode)'", expected: "NOTSET, VALID or SAME_*")
    }
    let isSame = mode.hasPrefix("SAME")
    var target = try call.integers("output_shape") ?? []
    // Some files give the batch and the channels as well.
    if target.count == axes + 2 { target = Array(target.dropFirst(2)) }
    guard target.isEmpty || target.count == axes else {
      throw .attribute("output_shape", found: "\(target)", expected: "\(axes) numbers")
    }
    var positions: [Int] = []
    for axis in 0..<axes {
      var full =
        strides[axis] * (spatial[axis] - 1) + (kernel[axis] - 1) * dilations[axis] + 1
        + extra[axis]
      if isSame || !target.isEmpty {
        let wanted = target.isEmpty ? spatial[axis] * strides[axis] : target[axis]
        guard (1...1 << 24).contains(wanted) else {
          throw .attribute("output_shape", found: "\(wanted)", expected: "1 or more")
        }
        // Beyond what the strides reach the result is longer by that.
        let lacking = max(wanted - full, 0)
        extra[axis] += lacking
        full += lacking
        before[axis] = mode == "SAME_UPPER" ? (full - wanted) / 2 : (full - wanted + 1) / 2
        after[axis] = full - wanted - before[axis]
      }
      let count = full - before[axis] - after[axis]
      guard count > 0 else {
        throw .attribute("pads", found: "\(pads)", expected: "less than the result's \(full)")
      }
      positions.append(count)
    }
    let convolution = Convolution(
      kernel: kernel, strides: strides, dilations: dilations, paddingBefore: before,
      paddingAfter: after, outputPadding: extra, layout: .channelsFirst,
      grouping: .groups(groups), weightLayout: .channelsFiltersKernel)
    let (all, overflow) = filters[1].multipliedReportingOverflow(by: groups)
    guard !overflow else { throw .attribute("group", found: "\(groups)", expected: "fewer") }
    let result = try newShape([extents[0], all] + positions)
    try emit(
      call, .transposedConvolution(convolution), operands,
      [Result(shape: result, type: type(data))])
  }

  /// Source: ONNX, Resize-10 to -19; the coordinates of version 10 are asymmetric, rounded down.
  mutating func resize(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    if call.version < 11 { return try upsample(call) }
    let data = try call.input(0)
    try call.require("antialias", 0)
    try call.require("exclude_outside", 0)
    if let policy = try call.string("keep_aspect_ratio_policy"), policy != "stretch" {
      throw .attribute("keep_aspect_ratio_policy", found: "'\(policy)'", expected: "'stretch'")
    }
    let rank = shape(data).rank
    let axes = try call.integers("axes").map { (given) throws(ONNXProblem.Kind) in
      try given.map { (axis) throws(ONNXProblem.Kind) in try call.axis(axis, rank: rank) }
    }
    let coordinates: Resize.Coordinates
    let transform = try call.string("coordinate_transformation_mode") ?? "half_pixel"
    switch transform {
    case "half_pixel": coordinates = .halfPixel
    case "pytorch_half_pixel": coordinates = .halfPixelUnlessOne
    case "align_corners": coordinates = .alignCorners
    case "asymmetric": coordinates = .asymmetric
    case "tf_half_pixel_for_nn": coordinates = .halfPixelUncentered
    default:
      throw .attribute(
        "coordinate_transformation_mode", found: "'\(transform)'",
        expected: "half_pixel, pytorch_half_pixel, align_corners or asymmetric")
    }
    let rule: Resize.NearestRule
    let nearest = try call.string("nearest_mode") ?? "round_prefer_floor"
    switch nearest {
    case "round_prefer_floor": rule = .halfDown
    case "round_prefer_ceil": rule = .halfUp
    case "floor": rule = .floor
    case "ceil": rule = .ceiling
    default:
      throw .attribute(
        "nearest_mode", found: "'\(nearest)'",
        expected: "round_prefer_floor, round_prefer_ceil, floor or ceil")
    }
    func spread<Number>(_ given: [Number], _ own: (Int) -> Number) throws(ONNXProblem.Kind)
      -> [Number]
    {
      let places = axes ?? Array(0..<rank)
      guard given.count == places.count, Set(places).count == places.count else {
        throw .operandType(
          operand: "scales or sizes", expected: "one number an axis", found: "\(given.count)")
      }
      var all = (0..<rank).map(own)
      for (axis, number) in zip(places, given) { all[axis] = number }
      return all
    }
    var scales: [Float]?
    var sizes: [Int]?
    if let id = call.optional(2), shape(id).count > 0 {
      guard case .float32(let numbers)? = tensor(id).constant else {
        throw .unsupportedFeature("scales that are computed")
      }
      scales = try spread(numbers) { _ in 1 }
    } else if let id = call.optional(3) {
      sizes = try spread(try constantIntegers(id, purpose: "the sizes")) { shape(data)[$0] }
    }
    let interpolation: Resize.Interpolation
    let mode = try call.string("mode") ?? "nearest"
    switch mode {
    case "nearest": interpolation = .nearest(rule)
    case "linear": interpolation = .linear
    default:
      throw .attribute("mode", found: "'\(mode)'", expected: "'nearest' or 'linear'")
    }
    try resample(
      call, data, interpolation: interpolation, coordinates: coordinates, scales: scales,
      sizes: sizes)
  }

  /// Source: ONNX, Upsample-7 and -9, Resize-10.
  mutating func upsample(_ call: ONNXCall) throws(ONNXProblem.Kind) {
    let data = try call.input(0)
    let scales: [Float]
    if let id = call.optional(1) {
      guard case .float32(let numbers)? = tensor(id).constant else {
        throw .unsupportedFeature("scales that are computed")
      }
      scales = numbers
    } else {
      scales = call.list("scales")?.floats ?? []
    }
    let mode = try call.string("mode") ?? "nearest"
    guard mode == "nearest" || mode == "linear" || mode == "bilinear" else {
      throw .attribute("mode", found: "'\(mode)'", expected: "'nearest' or 'linear'")
    }
    try resample(
      call, data, interpolation: mode == "nearest" ? .nearest(.floor) : .linear,
      coordinates: .asymmetric, scales: scales, sizes: nil)
  }

  /// Batch and channels keep their extents; the channels are on the second axis or on the last.
  private mutating func resample(
    _ call: ONNXCall, _ data: TensorID, interpolation: Resize.Interpolation,
    coordinates: Resize.Coordinates, scales: [Float]?, sizes: [Int]?
  ) throws(ONNXProblem.Kind) {
    if interpolation == .linear { try requireReal(data) } else { try requireNumber(data) }
    let extents = shape(data).extents
    guard extents.count >= 3 else {
      throw .operandType(
        operand: "data", expected: "batch, channels and spatial axes", found: description(data))
    }
    var target = extents
    if let scales {
      guard scales.count == extents.count, scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw .operandType(
          operand: "scales", expected: "\(extents.count) positive numbers", found: "\(scales)")
      }
      for axis in extents.indices {
        let scaled = (Float(extents[axis]) * scales[axis]).rounded(.down)
        guard scaled >= 1, scaled < 0x1p30 else {
          throw .operandType(
            operand: "scales", expected: "a result of some extent", found: "\(scales)")
        }
        target[axis] = Int(scaled)
      }
    } else if let sizes {
      guard sizes.count == extents.count, sizes.allSatisfy({ (1...1 << 30).contains($0) }) else {
        throw .operandType(
          operand: "sizes", expected: "\(extents.count) positive numbers", found: "\(sizes)")
      }
      target = sizes
    } else {
      throw .operandCount(expected: "scales or sizes", found: call.inputs.count)
    }
    let last = extents.count - 1
    guard target[0] == extents[0], target[1] == extents[1] || target[last] == extents[last] else {
      throw .unsupportedFeature("resampling of the batch or the channels")
    }
    // The axis of the channels is the one that keeps its extent; the operator itself knows none.
    let order =
      target[1] == extents[1] ? Array(0...last) : [0, last] + Array(1..<last)
    let resize = Resize(
      interpolation: interpolation, coordinates: coordinates, layout: .channelsFirst,
      scales: scales.map { scales in order.dropFirst(2).map { scales[$0] } } ?? [])
    let moved = try transposed(call, data, order)
    let result = movedResult(data, try newShape(order.map { target[$0] }))
    guard moved != data else {
      try emit(call, .resize(resize), [data], [result])
      return
    }
    let resized = try step(call, .resize(resize), [moved], result)
    try emit(
      call, .transpose(permutation: [0] + Array(2...last) + [1]), [resized],
      [movedResult(data, try newShape(target))])
  }
}
