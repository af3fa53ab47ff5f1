import Arith
import QuantGraph

/// Layers that move, join, select or reduce without weights.
extension HLSGraphBuilder {
  /// The reduction that a configuration's `pool_op` names.
  private func reduction(
    _ configuration: HLSConfiguration, _ call: HLSCall
  ) throws(HLS4MLProblem) -> Pool.Reduction {
    switch configuration.word("pool_op") {
    case "Max": return .maximum
    case "Average": return .average
    default: throw unsupported(call, "pool_op '\(configuration.word("pool_op") ?? "none")'")
    }
  }

  mutating func addPool(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let isPlanar = call.function == "pooling2d_cl"
    let channels = try configuration.extent("n_filt")
    var input = [try configuration.extent(isPlanar ? "in_width" : "n_in")]
    var output = [try configuration.extent(isPlanar ? "out_width" : "n_out")]
    var kernel = [try configuration.stride("pool_width")]
    var strides = [try configuration.stride("stride_width")]
    var before = [try configuration.margin("pad_left", default: 0)]
    var after = [try configuration.margin("pad_right", default: 0)]
    if isPlanar {
      input.insert(try configuration.extent("in_height"), at: 0)
      output.insert(try configuration.extent("out_height"), at: 0)
      kernel.insert(try configuration.stride("pool_height"), at: 0)
      strides.insert(try configuration.stride("stride_height"), at: 0)
      before.insert(try configuration.margin("pad_top", default: 0), at: 0)
      after.insert(try configuration.margin("pad_bottom", default: 0), at: 0)
    }
    if isStream && (before + after).contains(where: { $0 > 0 }) {
      throw unsupported(call, "padded pooling in io_stream, which hls4ml refuses to run")
    }
    // Windows of another size than their step: `nnet_pooling_stream.h` asserts equality for images
    // and for encoded lines, `nnet_pooling.h` fills as many elements as the step has.
    let isEncoded = configuration.word("implementation") == "encoded"
    let isOld = version < HLS4MLVersion(1, 0)
    if kernel != strides, isPlanar || (isStream ? isEncoded : isOld) {
      throw HLS4MLProblem(
        .cannotRun(
          call.description,
          reason: isStream
            ? "an assertion stops it, since the pool size \(kernel) is not the stride \(strides)"
            : "it fills \(strides) of the \(kernel) elements of a window"),
        at: call.place)
    }
    if version < HLS4MLVersion(0, 7), !isStream, (before + after).contains(where: { $0 > 0 }) {
      throw HLS4MLProblem(
        .cannotRun(
          call.description, reason: "hls4ml before 0.7 reads padded windows past the data"),
        at: call.place)
    }
    let data = try self.input(0, of: call, shape: input + [channels])
    let types = try poolTypes(
      configuration, data, rescale: version < HLS4MLVersion(0, 7) ? .integer : .typed,
      streamed: .streamedWindow, followsData: version < HLS4MLVersion(0, 7) && !isEncoded)
    let pool = Pool(
      reduction: try reduction(configuration, call), kernel: kernel, strides: strides,
      paddingBefore: before, paddingAfter: after,
      countsPadding: try configuration.integer("count_pad", default: 0) != 0,
      accumulator: types.accumulator, arrangement: types.arrangement)
    let result = try self.output(1, of: call, shape: output + [channels])
    try append(.pool(pool), of: call, inputs: [data], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// The type that sums of a pool are in, and how they are formed.
  ///
  /// io_parallel before version 1.0 pools in the data's type; a streamed window before 0.7 too
  /// (`followsData`). Later ones use the configuration's accum_t.
  private func poolTypes(
    _ configuration: HLSConfiguration, _ data: TensorID, rescale: Pool.Rescale,
    streamed: Pool.Arrangement, followsData: Bool
  ) throws(HLS4MLProblem) -> (accumulator: FixedPointFormat, arrangement: Pool.Arrangement) {
    let isOld = version < HLS4MLVersion(1, 0)
    if let format = format(of: data), isStream ? followsData : isOld {
      return (format, isStream ? streamed : .dataWindow(rescale))
    }
    return (try configuration.requiredFormat("accum_t"), isStream ? streamed : .window)
  }

  mutating func addGlobalPool(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let channels = try configuration.extent("n_filt")
    let extents =
      call.function == "global_pooling2d_cl"
      ? [try configuration.extent("in_height"), try configuration.extent("in_width")]
      : [try configuration.extent("n_in")]
    let zeros = extents.map { _ in 0 }
    let data = try input(0, of: call, shape: extents + [channels])
    let types = try poolTypes(
      configuration, data, rescale: .none, streamed: .streamedGlobal,
      followsData: version < HLS4MLVersion(0, 6))
    let pool = Pool(
      reduction: try reduction(configuration, call), kernel: extents, strides: extents,
      paddingBefore: zeros, paddingAfter: zeros, accumulator: types.accumulator,
      arrangement: types.arrangement)
    let result = try output(1, of: call, shape: [channels])
    try append(.pool(pool), of: call, inputs: [data], outputs: [result])
    try record(call, configuration: configuration)
  }

  mutating func addArithmetic(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    guard let operation = Arithmetic(rawValue: call.function) else {
      throw unsupported(call, "no such operation")
    }
    // Before version 1.3 both operands have n_elem elements.
    let common = try configuration.integer("n_elem", default: 0)
    let first = try elements(
      0, of: call,
      count: try configuration.integer(
        "n_elem1", in: 1...HLSScope.elementLimit, default: common))
    let second = try elements(
      1, of: call,
      count: try configuration.integer(
        "n_elem2", in: 1...HLSScope.elementLimit, default: common))
    let isFirst =
      try checkedCount(first.shape, place: call.place)
      >= checkedCount(second.shape, place: call.place)
    let result = try output(2, of: call, shape: isFirst ? first.shape : second.shape)
    if operation == .average && version < HLS4MLVersion(1, 2) {
      try addQuotientAverage(call, first.tensor, second.tensor, into: result)
      try record(call, configuration: configuration)
      return
    }
    try append(
      .arithmetic(operation), of: call, inputs: [first.tensor, second.tensor], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// `(a + b) / res_T(2)`, the quotient truncated toward zero to the sum's fraction bits (up to
  /// version 1.1).
  private mutating func addQuotientAverage(
    _ call: HLSCall, _ first: TensorID, _ second: TensorID, into result: TensorID
  ) throws(HLS4MLProblem) {
    guard let a = format(of: first), let b = format(of: second), let wanted = format(of: result),
      let shape = shape(of: result)
    else { throw unsupported(call, "float data") }
    guard wanted.cast(raw: Int512(2), sourceFractionBits: 0) == Int512(2) << wanted.fractionBits
    else { throw unsupported(call, "an average whose result type does not hold its divisor 2") }
    let sum = ExactLayout.sum(ExactLayout(a), ExactLayout(b))
    let half = try truncating(sum, call)
    let exact = try intermediate("half", shape: shape, format: half, of: call)
    try append(
      .arithmetic(.average), of: call, inputs: [first, second], outputs: [exact], suffix: "half")
    try append(.convert(elements: []), of: call, inputs: [exact], outputs: [result])
  }

  private func truncating(
    _ layout: ExactLayout, _ call: HLSCall
  ) throws(HLS4MLProblem) -> FixedPointFormat {
    do throws(FormatError) {
      return try FixedPointFormat(
        width: layout.width, integerBits: layout.integerBits, isSigned: layout.isSigned,
        quantization: .truncateToZero)
    } catch {
      throw HLS4MLProblem(.format(error), at: call.place)
    }
  }

  /// `concatenateNd`: axis -1 or N is the last, -2 or N - 1 the one before; any other is the first
  /// (`nnet_merge.h`).
  mutating func addConcatenate(_ call: HLSCall, rank: Int) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    let written = try configuration.integer("axis", default: -1)
    var axis = 0
    if rank > 1 && (written == rank || written == -1) {
      axis = rank - 1
    } else if rank == 3 && (written == 2 || written == -2) {
      axis = 1
    }
    var shapes: [[Int]] = []
    for operand in 1...2 {
      var extents: [Int] = []
      for index in 0..<rank {
        extents.append(try configuration.extent("n_elem\(operand)_\(index)"))
      }
      shapes.append(extents)
    }
    let first = try input(0, of: call, shape: shapes[0])
    let second = try input(1, of: call, shape: shapes[1])
    var joined = shapes[0]
    joined[axis] += shapes[1][axis]
    let result = try output(2, of: call, shape: joined)
    try append(.concatenate(axis: axis), of: call, inputs: [first, second], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// The element count that the last template argument of a stream call gives.
  private func streamCount(_ call: HLSCall) throws(HLS4MLProblem) -> Int {
    guard let last = call.templateArguments.last else {
      throw unsupported(call, "the number of elements is missing")
    }
    let count = try scope.integer(last, file: call.place.file)
    guard (1...HLSScope.elementLimit).contains(count) else {
      throw HLS4MLProblem(
        .range("the number of elements", value: count, allowed: 1...HLSScope.elementLimit),
        at: call.place)
    }
    return count
  }

  mutating func addClone(_ call: HLSCall) throws(HLS4MLProblem) {
    guard call.arguments.count >= 2 else { throw unsupported(call, "no result") }
    let data = try elements(0, of: call, count: try streamCount(call))
    var copies: [TensorID] = []
    for index in 1..<call.arguments.count {
      copies.append(
        try output(index, of: call, shape: data.shape, isSole: call.arguments.count == 2))
    }
    try append(.copy, of: call, inputs: [data.tensor], outputs: copies)
    try record(call, configuration: nil)
  }

  /// The same elements in packets of another size; the next reader tells the shape.
  mutating func addRepack(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let count = try streamCount(call)
    let data = try elements(0, of: call, count: count)
    var shape: [Int]?
    if let name = variable(call.arguments[1]) { shape = program.tracedExtents[name] }
    if shape == nil {
      let type = try templateType(call, at: 1)
      if case .array(_, let size) = try scope.resolve(type, file: call.place.file),
        count % size == 0
      {
        shape = [count / size, size]
      }
    }
    let result = try output(1, of: call, shape: shape ?? [count])
    try append(.reshape, of: call, inputs: [data.tensor], outputs: [result])
    try record(call, configuration: nil)
  }

  /// `(1, 1, C)` to `(H, W, C)`: the one pixel is repeated, as upsampling does.
  mutating func addBroadcast(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let from = [
      try configuration.extent("in_height"), try configuration.extent("in_width"),
      try configuration.extent("in_chan"),
    ]
    let to = [
      try configuration.extent("out_height"), try configuration.extent("out_width"),
      try configuration.extent("out_chan"),
    ]
    guard from[0] == 1, from[1] == 1, from[2] == to[2] else {
      throw unsupported(call, "broadcast of \(from) to \(to)")
    }
    let data = try input(0, of: call, shape: from)
    let result = try output(1, of: call, shape: to)
    try append(.resizeNearest, of: call, inputs: [data], outputs: [result])
    try record(call, configuration: configuration)
  }

  mutating func addResize(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let channels = try configuration.extent("n_chan")
    let data = try input(
      0, of: call,
      shape: [try configuration.extent("height"), try configuration.extent("width"), channels])
    let result = try output(
      1, of: call,
      shape: [
        try configuration.extent("new_height"), try configuration.extent("new_width"), channels,
      ])
    try append(.resizeNearest, of: call, inputs: [data], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// Zero padding, or cropping, of a channels-last tensor with `rank` spatial axes.
  mutating func addMargins(
    _ call: HLSCall, rank: Int, isCrop: Bool
  ) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let word = isCrop ? "crop" : "pad"
    var from = [try configuration.extent("in_width"), try configuration.extent("n_chan")]
    var to = [try configuration.extent("out_width"), from[1]]
    var before = [try configuration.margin("\(word)_left", default: 0), 0]
    var after = [try configuration.margin("\(word)_right", default: 0), 0]
    if rank == 2 {
      from.insert(try configuration.extent("in_height"), at: 0)
      to.insert(try configuration.extent("out_height"), at: 0)
      before.insert(try configuration.margin("\(word)_top", default: 0), at: 0)
      after.insert(try configuration.margin("\(word)_bottom", default: 0), at: 0)
    }
    let data = try input(0, of: call, shape: from)
    let result = try output(1, of: call, shape: to)
    try append(
      isCrop ? .crop(before: before, after: after) : .pad(before: before, after: after),
      of: call, inputs: [data], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// `transpose`: shapes, permutation and strides are arrays defined after the struct.
  mutating func addTranspose(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(2, call)
    let configuration = try configuration(call)
    let rank = try configuration.integer("dims", in: 1...8)
    let from = try transposeArray("from_shape", configuration, rank: rank)
    let to = try transposeArray("to_shape", configuration, rank: rank)
    let permutation = try transposeArray("perm", configuration, rank: rank)
    guard permutation.sorted() == Array(0..<rank), permutation.map({ from[$0] }) == to else {
      throw unsupported(call, "permutation \(permutation) of \(from) to \(to)")
    }
    let data = try input(0, of: call, shape: from)
    let result = try output(1, of: call, shape: to)
    try append(
      .transpose(permutation: permutation), of: call, inputs: [data], outputs: [result])
    try record(call, configuration: configuration)
  }

  /// The array behind `config::member = config_member;`.
  func transposeArray(
    _ member: String, _ configuration: HLSConfiguration, rank: Int
  ) throws(HLS4MLProblem) -> [Int] {
    let definitions = scope.declarations.definitions
    let key = "\(configuration.name)::\(member)"
    guard let pointer = definitions[key], let name = pointer.value.first?.text,
      let array = definitions[name]
    else {
      throw HLS4MLProblem(
        .unknown(kind: "array", name: key), at: configuration.structure.place)
    }
    let values = try scope.integers(array.value, file: array.place.file, limit: 8)
    guard values.count == rank else {
      throw HLS4MLProblem(
        .count("values of \(name)", expected: rank, found: values.count), at: array.place)
    }
    for value in values where !(0...HLSScope.elementLimit).contains(value) {
      throw HLS4MLProblem(
        .range(name, value: value, allowed: 0...HLSScope.elementLimit), at: array.place)
    }
    return values
  }

  mutating func addEmbedding(_ call: HLSCall) throws(HLS4MLProblem) {
    try requireArguments(3, call)
    let configuration = try configuration(call)
    let count = try configuration.extent("n_in")
    let width = try configuration.extent("n_out")
    let rows = try configuration.extent("vocab_size")
    let data = try elements(0, of: call, count: count)
    let table = try constant(2, of: call, shape: [rows, width])
    let result = try output(1, of: call, shape: data.shape + [width])
    try append(.gather, of: call, inputs: [data.tensor, table], outputs: [result])
    try record(call, configuration: configuration, weights: [rows * width])
  }
}
