import Arith
import QuantGraph

/// A linear form of the inputs of a generated function: `2^-fractionBits * (sum of coefficient *
/// code + constant)`, exactly.
struct HLSLinearForm {
  /// Coefficients by input; inputs that do not count are left out.
  var coefficients: [Int: Int128]
  var constant: Int128
  var fractionBits: Int

  /// The same value with at least `bits` fraction bits; nil beyond 128 bits.
  func aligned(to bits: Int) -> HLSLinearForm? {
    let shift = bits - fractionBits
    guard shift > 0 else { return self }
    guard shift < 120 else { return nil }
    let factor = Int128(1) << Int128(shift)
    return scaled(by: factor, fractionBits: bits)
  }

  private func scaled(by factor: Int128, fractionBits: Int) -> HLSLinearForm? {
    var result = self
    result.fractionBits = fractionBits
    let (constant, overflow) = constant.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    result.constant = constant
    for (input, coefficient) in coefficients {
      let (product, overflow) = coefficient.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      result.coefficients[input] = product
    }
    return result
  }

  var negated: HLSLinearForm? { scaled(by: -1, fractionBits: fractionBits) }

  /// The sum of two forms; nil beyond 128 bits.
  static func sum(_ a: HLSLinearForm, _ b: HLSLinearForm) -> HLSLinearForm? {
    let bits = max(a.fractionBits, b.fractionBits)
    guard var result = a.aligned(to: bits), let other = b.aligned(to: bits) else { return nil }
    let (constant, overflow) = result.constant.addingReportingOverflow(other.constant)
    guard !overflow else { return nil }
    result.constant = constant
    for (input, coefficient) in other.coefficients {
      let (sum, overflow) = result.coefficients[input, default: 0].addingReportingOverflow(
        coefficient)
      guard !overflow else { return nil }
      result.coefficients[input] = sum == 0 ? nil : sum
    }
    return result
  }

  /// Fraction bits that the value needs for every code of the inputs.
  var neededFractionBits: Int {
    var union = constant.magnitude
    for coefficient in coefficients.values { union |= coefficient.magnitude }
    return union == 0 ? Int.min : fractionBits - union.trailingZeroBitCount
  }

  /// The least and the greatest value in units of `2^-fractionBits`, given each input's codes.
  func range(_ inputs: [Int: ClosedRange<Int64>]) -> ClosedRange<Int128>? {
    var low = constant
    var high = constant
    for (input, coefficient) in coefficients {
      guard let codes = inputs[input] else { return nil }
      let (a, first) = coefficient.multipliedReportingOverflow(by: Int128(codes.lowerBound))
      let (b, second) = coefficient.multipliedReportingOverflow(by: Int128(codes.upperBound))
      let (lower, third) = low.addingReportingOverflow(min(a, b))
      let (upper, fourth) = high.addingReportingOverflow(max(a, b))
      guard !first, !second, !third, !fourth else { return nil }
      low = lower
      high = upper
    }
    return low...high
  }
}

/// A generated adder graph (distributed arithmetic), read as one linear form an output.
///
/// da4ml writes a matrix product as additions and shifts of variables whose types hold every value
/// exactly (da4ml `hls_codegen.py`). Each assignment is checked: where a type could round or wrap, the
/// text is not taken for linear.
struct HLSAdderGraph {
  /// The type that each input is assigned to before it is used, by input.
  let inputs: [Int: FixedPointFormat]
  /// One form an output, over the codes of ``inputs``.
  let outputs: [HLSLinearForm]
  /// The additions and subtractions as they are written.
  let adders: AdderGraph

  /// Most coefficients that all variables of one function may have together.
  private static let workLimit = 1 << 24

  /// The adder graph that `function` is; `inputFormat` is the type of its argument.
  ///
  /// - Throws: ``HLS4MLProblem`` naming the line that is no exact linear step.
  init(
    _ function: HLSGeneratedFunction, inputFormat: FixedPointFormat, scope: HLSScope
  ) throws(HLS4MLProblem) {
    var parser = Parser(function, inputFormat: inputFormat, scope: scope)
    try parser.run()
    inputs = parser.inputs
    var outputs: [HLSLinearForm] = []
    for index in 0..<parser.outputs.count {
      guard let form = parser.outputs[index] else {
        throw HLS4MLProblem(
          .unknown(kind: "output", name: "model_out[\(index)]"), at: function.place)
      }
      outputs.append(form.form)
    }
    self.outputs = outputs
    adders = AdderGraph(
      values: parser.values,
      outputs: parser.outputs.sorted { $0.key < $1.key }.compactMap(\.value.value))
  }

  /// A value of the text: what it is of the inputs, and what hardware it takes.
  private struct Operand {
    var form: HLSLinearForm
    /// Position among the values; nil for a constant.
    var value: Int?
    var isSigned: Bool
    /// Without the sign.
    var magnitudeBits: Int
    var fractionBits: Int
    /// Whether the last value was made for it and has no type yet.
    var isNew = false

    init(form: HLSLinearForm, value: Int?, format: FixedPointFormat) {
      self.form = form
      self.value = value
      isSigned = format.isSigned
      magnitudeBits = format.integerBits - (format.isSigned ? 1 : 0)
      fractionBits = format.fractionBits
    }

    /// A constant: bits from its highest to its lowest.
    init(constant form: HLSLinearForm) {
      self.form = form
      isSigned = form.constant < 0
      let magnitude = form.constant.magnitude
      magnitudeBits = 128 - magnitude.leadingZeroBitCount - form.fractionBits
      fractionBits = magnitude == 0 ? form.fractionBits : form.neededFractionBits
    }

    var isZero: Bool { form.coefficients.isEmpty && form.constant == 0 }
    var bits: Int { magnitudeBits + fractionBits + (isSigned ? 1 : 0) }
  }

  private struct Parser {
    var cursor: CppCursor
    let scope: HLSScope
    let inputFormat: FixedPointFormat
    var inputs: [Int: FixedPointFormat] = [:]
    var ranges: [Int: ClosedRange<Int64>] = [:]
    var outputs: [Int: Operand] = [:]
    private(set) var values: [AdderGraph.Value] = []
    private var variables: [String: Operand] = [:]
    private var work = 0

    init(
      _ function: HLSGeneratedFunction, inputFormat: FixedPointFormat, scope: HLSScope
    ) {
      cursor = CppCursor(function.tokens[...], file: function.place.file)
      self.inputFormat = inputFormat
      self.scope = scope
    }

    private func unsupported(_ detail: String) -> HLS4MLProblem {
      HLS4MLProblem(.unsupported("this step of an adder graph", detail: detail), at: cursor.place)
    }

    mutating func run() throws(HLS4MLProblem) {
      _ = try cursor.list(until: ")")
      cursor.skipComments()
      try cursor.expect("{")
      while true {
        cursor.skipComments()
        if cursor.take("}") { return }
        if cursor.takeWord("model_out") {
          try cursor.expect("[")
          let index = try number()
          try cursor.expect("]")
          try cursor.expect("=")
          let operand = try expression()
          try cursor.expect(";")
          guard outputs.updateValue(operand, forKey: index) == nil else {
            throw HLS4MLProblem(
              .duplicate(kind: "output", name: "model_out[\(index)]"), at: cursor.place)
          }
        } else {
          try declaration()
        }
      }
    }

    private mutating func number() throws(HLS4MLProblem) -> Int {
      let isNegative = cursor.take("-")
      guard let token = cursor.next(), token.kind == .number else {
        throw cursor.mismatch("a number")
      }
      let value = try CppExpression.integer(token, file: cursor.file)
      guard (0...HLSScope.elementLimit).contains(value) else {
        throw HLS4MLProblem(
          .range("the number", value: value, allowed: 0...HLSScope.elementLimit), at: cursor.place)
      }
      return isNegative ? -value : value
    }

    private mutating func format() throws(HLS4MLProblem) -> FixedPointFormat {
      let place = cursor.place
      let type = try CppType.parse(&cursor)
      guard let format = try scope.resolve(type, file: place.file).element else {
        throw unsupported("type \(type.qualifiedName)")
      }
      return format
    }

    /// Reads `TYPE name = expression;` or `TYPE name = model_inp[i];`.
    private mutating func declaration() throws(HLS4MLProblem) {
      let format = try format()
      let name = try cursor.identifier("a variable's name")
      try cursor.expect("=")
      let operand: Operand
      if cursor.peek()?.isWord("model_inp") == true {
        _ = cursor.next()
        try cursor.expect("[")
        let index = try number()
        try cursor.expect("]")
        operand = try input(index, format)
      } else {
        operand = try assigned(try expression(), to: format)
      }
      try cursor.expect(";")
      work += operand.form.coefficients.count + 1
      guard work <= HLSAdderGraph.workLimit else {
        throw HLS4MLProblem(
          .limit("the size of an adder graph", limit: HLSAdderGraph.workLimit), at: cursor.place)
      }
      guard variables.updateValue(operand, forKey: name) == nil else {
        throw HLS4MLProblem(.duplicate(kind: "variable", name: name), at: cursor.place)
      }
    }

    /// Input `index` as it is after its assignment to `format`.
    private mutating func input(
      _ index: Int, _ format: FixedPointFormat
    ) throws(HLS4MLProblem) -> Operand {
      guard index >= 0, inputs[index] == nil || inputs[index] == format else {
        throw unsupported("input \(index) has several types")
      }
      guard format.width <= 62 else { throw unsupported("an input of \(format.width) bits") }
      inputs[index] = format
      ranges[index] = format.minimum(as: Int64.self)...format.maximum(as: Int64.self)
      values.append(.init(bits: format.width))
      let form = HLSLinearForm(
        coefficients: [index: 1], constant: 0, fractionBits: format.fractionBits)
      return Operand(form: form, value: values.count - 1, format: format)
    }

    /// `operand` after an assignment to `format`, which must not change any value of it.
    private mutating func assigned(
      _ operand: Operand, to format: FixedPointFormat
    ) throws(HLS4MLProblem) -> Operand {
      let form = operand.form
      if form.coefficients.isEmpty {
        // A literal is a double that the type rounds.
        let value = Double(form.constant).scaled(by: -form.fractionBits)
        let code = format.cast(value, as: Int512.self)
        guard code.significantBits <= 64 else { throw unsupported("a constant beyond 64 bits") }
        return Operand(
          constant: HLSLinearForm(
            coefficients: [:], constant: Int128(code.low64), fractionBits: format.fractionBits))
      }
      guard form.neededFractionBits <= format.fractionBits,
        let exact = form.aligned(to: format.fractionBits), let range = exact.range(ranges),
        format.width <= 120
      else { throw unsupported("the assignment to \(format.name) may round") }
      // In units of the form, which may be finer than the type's where trailing bits are zero.
      let scale = Int128(1) << Int128(max(0, exact.fractionBits - format.fractionBits))
      let magnitude = Int128(1) << Int128(format.width - (format.isSigned ? 1 : 0))
      let low = format.isSigned ? -magnitude : 0
      guard range.lowerBound >= low * scale, range.upperBound <= (magnitude - 1) * scale,
        format.overflow != .saturateSymmetric || range.lowerBound > low * scale
      else { throw unsupported("the assignment to \(format.name) may overflow") }
      if operand.isNew, let value = operand.value { values[value].bits = format.width }
      return Operand(form: form, value: operand.value, format: format)
    }

    // MARK: Expressions

    private mutating func expression() throws(HLS4MLProblem) -> Operand {
      var sum = try term()
      while true {
        let isPlus = cursor.take("+")
        guard isPlus || cursor.take("-") else { return sum }
        sum = try added(sum, try term(), isPlus: isPlus)
      }
    }

    /// A sum or a difference, an adder where neither is 0.
    ///
    /// The adder reaches from the higher of the lowest bits to the top of the wider operand, signs as
    /// one bit more: what is below are wires (da4ml `cost_add`).
    private mutating func added(
      _ a: Operand, _ b: Operand, isPlus: Bool
    ) throws(HLS4MLProblem) -> Operand {
      guard let addend = isPlus ? b.form : b.form.negated,
        let form = HLSLinearForm.sum(a.form, addend)
      else { throw unsupported("a number beyond 128 bits") }
      guard a.value != nil || b.value != nil else { return Operand(constant: form) }
      var result = a
      result.form = form
      if b.isZero { return result }
      if a.isZero, isPlus { return b }
      result.isSigned = a.isSigned || b.isSigned || !isPlus
      let operandSign = a.isSigned || b.isSigned ? 1 : 0
      let top = max(a.isZero ? b.magnitudeBits : a.magnitudeBits, b.magnitudeBits)
      let lowest = a.isZero ? b.fractionBits : min(a.fractionBits, b.fractionBits)
      result.magnitudeBits = top + 1
      result.fractionBits = a.isZero ? b.fractionBits : max(a.fractionBits, b.fractionBits)
      values.append(
        .init(
          bits: result.bits, adderBits: max(top + lowest + operandSign, 0),
          operands: [a.value, b.value].compactMap(\.self)))
      result.value = values.count - 1
      result.isNew = true
      return result
    }

    private mutating func term() throws(HLS4MLProblem) -> Operand {
      if cursor.take("-") {
        let zero = HLSLinearForm(coefficients: [:], constant: 0, fractionBits: 0)
        return try added(Operand(constant: zero), try term(), isPlus: false)
      }
      if cursor.take("(") {
        let operand = try expression()
        try cursor.expect(")")
        return operand
      }
      guard let token = cursor.peek() else { throw cursor.mismatch("a term") }
      if token.kind == .number {
        _ = cursor.next()
        return Operand(constant: try literal(token))
      }
      if let variable = variables[token.text] {
        _ = cursor.next()
        return variable
      }
      if cursor.takeWord("bit_shift") {
        try cursor.expect("<")
        let shift = try number()
        try cursor.expect(">")
        try cursor.expect("(")
        var operand = try expression()
        try cursor.expect(")")
        guard (-4096...4096).contains(shift) else { throw unsupported("a shift by \(shift)") }
        operand.form.fractionBits -= shift
        operand.fractionBits -= shift
        operand.magnitudeBits += shift
        return operand
      }
      let format = try format()
      try cursor.expect("(")
      let operand = try expression()
      try cursor.expect(")")
      return try assigned(operand, to: format)
    }

    private func literal(_ token: CppToken) throws(HLS4MLProblem) -> HLSLinearForm {
      guard let value = HLSConfiguration.decimal(token.text) else {
        throw HLS4MLProblem(
          .number(token: token.text), at: .init(file: cursor.file, line: token.line))
      }
      if value == 0 { return HLSLinearForm(coefficients: [:], constant: 0, fractionBits: 0) }
      guard value.isNormal else { throw unsupported("a constant of \(value)") }
      let significand = Int64(value.significandBitPattern | 1 << 52)
      return HLSLinearForm(
        coefficients: [:], constant: Int128(value < 0 ? -significand : significand),
        fractionBits: 52 - Int(value.exponent))
    }
  }
}

extension Double {
  /// `self * 2^exponent`, exact unless the result is subnormal or overflows.
  fileprivate func scaled(by exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: self)
  }
}
