import Arith
import TestSupport
import Testing

/// Aligned memory for one call.
private func withMemory<Result>(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> Result) -> Result
{
  let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: bytes)
  defer { memory.deallocate() }
  return body(memory)
}

@Suite("Byte products")
struct ByteProductTests {
  static let paths: [KernelPath] = [.portable, .avx2, .vnni]

  @Test("matrix products equal their definition", arguments: paths)
  func matrices(path: KernelPath) {
    var generator = SeededGenerator(seed: 11)
    let shapes = [
      (1, 1, 1), (1, 3, 2), (2, 4, 16), (3, 5, 17), (5, 64, 15), (7, 33, 33), (13, 70, 64),
      (25, 129, 49), (6, 640, 128), (12, 8, 8), (31, 27, 100),
    ]
    for (rows, depth, filters) in shapes {
      for isSigned in [true, false] {
        let codes = (0..<rows * depth).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let weights = (0..<filters * depth).map { _ in
          Int8.random(in: -128...127, using: &generator)
        }
        let bias = (0..<filters).map { _ in Int32.random(in: .min ... .max, using: &generator) }
        let zero = isSigned ? Int32.random(in: -128...127, using: &generator) : 200
        let packing = ImagePacking(
          rows: 1, columns: rows, channels: depth, packedRows: 1, packedColumns: rows,
          isSigned: isSigned)
        let walk = ProductWalk(
          columns: rows, rowPitch: 0, columnPitch: depth, offsets: [0], length: depth)
        let product = ByteProduct(
          weights: weights, filters: filters, walk: walk, bias: bias, dataZero: zero,
          isSigned: isSigned, path: path)
        var sums = [Int32](repeating: 0, count: rows * filters)
        withMemory(packing.byteCount(path: path)) { memory in
          codes.withUnsafeBytes {
            packing.pack($0.baseAddress ?? UnsafeRawPointer(memory), into: memory, path: path)
          }
          // In two calls, so that a block may begin anywhere.
          sums.withUnsafeMutableBufferPointer { sums in
            guard let base = sums.baseAddress else { return }
            let half = rows / 2
            product.sums(of: memory, first: 0, count: half, into: base)
            product.sums(of: memory, first: half, count: rows - half, into: base + half * filters)
          }
        }
        for row in 0..<rows {
          let data = codes[row * depth..<(row + 1) * depth].map {
            isSigned ? Int32(Int8(bitPattern: $0)) : Int32($0)
          }
          for filter in 0..<filters {
            let expected = ByteProduct.definition(
              data: data, weights: weights[filter * depth..<(filter + 1) * depth],
              bias: bias[filter], dataZero: zero)
            guard sums[row * filters + filter] == expected else {
              Issue.record("\(path) \(rows)x\(depth)x\(filters) at \(row), \(filter)")
              return
            }
          }
        }
      }
    }
  }

  @Test("extreme codes do not saturate", arguments: paths)
  func extremes(path: KernelPath) {
    // Pairs of 255 * 127 overflow 16 bits, which some byte instructions saturate.
    let depth = 4096
    let packing = ImagePacking(
      rows: 1, columns: 1, channels: depth, packedRows: 1, packedColumns: 1, isSigned: false)
    let walk = ProductWalk(columns: 1, rowPitch: 0, columnPitch: 0, offsets: [0], length: depth)
    for weight: Int8 in [127, -128] {
      let product = ByteProduct(
        weights: [Int8](repeating: weight, count: depth), filters: 1, walk: walk, bias: [],
        dataZero: 0, isSigned: false, path: path)
      var sum: Int32 = 0
      withMemory(packing.byteCount(path: path)) { memory in
        let codes = [UInt8](repeating: 255, count: depth)
        codes.withUnsafeBytes { bytes in
          if let base = bytes.baseAddress { packing.pack(base, into: memory, path: path) }
        }
        product.sums(of: memory, first: 0, count: 1, into: &sum)
      }
      #expect(sum == Int32(depth) * 255 * Int32(weight))
    }
  }

  @Test("requantized rows equal the scalar rules", arguments: paths)
  func requantization(path: KernelPath) throws {
    var generator = SeededGenerator(seed: 12)
    for channels in [1, 3, 15, 16, 17, 40, 64] {
      for roundsOnce in [false, true] {
        let multipliers = (0..<channels).map { _ in
          QuantizedMultiplier(
            multiplier: Int32.random(in: 1 << 30 ... .max, using: &generator),
            shift: Int.random(in: -31...8, using: &generator))
        }
        let rows = 9
        let sums = (0..<rows * channels).map { _ in
          let bits = Int32.random(in: 0..<31, using: &generator)
          return Int32.random(in: .min ... .max, using: &generator) >> bits
        }
        let requantization = try #require(
          ByteRequantization(
            multipliers: multipliers, channels: channels, roundsOnce: roundsOnce, zeroPoint: -7,
            codes: -128...100, path: path))
        var codes = [Int8](repeating: 0, count: sums.count)
        codes.withUnsafeMutableBytes { codes in
          guard let base = codes.baseAddress else { return }
          requantization.codes(of: sums, rows: rows, into: base)
        }
        for index in sums.indices {
          let multiplier = multipliers[index % channels]
          let scaled =
            roundsOnce
            ? multiplier.appliedRoundingAway(to: sums[index])
            : multiplier.appliedRoundingTwice(to: sums[index])
          #expect(
            Int32(codes[index]) == min(max(scaled &- 7, -128), 100),
            "\(path) \(sums[index]) by \(multiplier)")
        }
      }
    }
    #expect(
      ByteRequantization(
        multipliers: [QuantizedMultiplier(1e30)], channels: 4, roundsOnce: false, zeroPoint: 0,
        codes: -128...127, path: path) == nil)
  }

  /// Whether kernels of a path that the processor surely has apply rules to sums in registers.
  static func fuses(_ path: KernelPath) -> Bool {
    path != .portable && [.avx2, .vnni, .vpopcnt].contains(KernelPath.current)
  }

  /// A code as it is defined.
  static func code(
    _ sum: Int32, _ multiplier: QuantizedMultiplier, roundsOnce: Bool, zero: Int32,
    _ codes: ClosedRange<Int32>
  ) -> UInt8 {
    let scaled =
      roundsOnce
      ? multiplier.appliedRoundingAway(to: sum) : multiplier.appliedRoundingTwice(to: sum)
    return UInt8(truncatingIfNeeded: min(max(scaled &+ zero, codes.lowerBound), codes.upperBound))
  }

  @Test("codes of sums in registers equal the scalar rules, ties included", arguments: paths)
  func fusedRules(path: KernelPath) throws {
    // Weights are 0, so that biases are the sums.
    let filters = 531
    var generator = SeededGenerator(seed: 13)
    for round in 0..<24 {
      let roundsOnce = round % 2 == 1
      let isUnsigned = round % 3 == 2
      let codes: ClosedRange<Int32> =
        isUnsigned ? 0...(round % 4 == 0 ? 255 : 200) : -128...(round % 4 == 0 ? 127 : 90)
      let zero = isUnsigned ? Int32(round) * 9 : Int32(round) * 9 - 100
      var multipliers: [QuantizedMultiplier] = []
      var sums: [Int32] = []
      for _ in 0..<filters {
        let right = Int.random(in: 1...(round < 12 ? 12 : 31), using: &generator)
        // Multipliers with many factors of 2 make ties; of one rounding they are refused.
        let even = Int32.random(in: 0...(roundsOnce ? 4 : 30), using: &generator)
        let multiplier = (Int32.random(in: 1 << 30 ... .max, using: &generator) >> even) << even
        multipliers.append(QuantizedMultiplier(multiplier: multiplier, shift: -right))
        let near = Int64(Int32.random(in: -300...300, using: &generator)) << Int64(right)
        let sum = near + Int64.random(in: -3...3, using: &generator)
        sums.append(
          Int32(clamping: min(max(round < 8 ? sum : sum / 2, -(1 << 30) + 1), (1 << 30) - 1)))
      }
      let walk = ProductWalk(columns: 2, rowPitch: 0, columnPitch: 1, offsets: [0], length: 1)
      let product = ByteProduct(
        weights: [Int8](repeating: 0, count: filters), filters: filters, walk: walk, bias: sums,
        dataZero: 0, isSigned: true, path: path)
      let rule = try #require(
        ByteRequantization(
          multipliers: multipliers, channels: filters, roundsOnce: roundsOnce, zeroPoint: zero,
          codes: codes, path: path))
      let fused = product.requantized(by: rule)
      if path == .portable { #expect(fused == nil) }
      let meetsTie =
        roundsOnce
        && zip(multipliers, sums).contains {
          $0.multiplier.trailingZeroBitCount + Int($1.magnitude.bitWidth)
            - $1.magnitude.leadingZeroBitCount > 30 - $0.shift
        }
      if Self.fuses(path), !meetsTie { #expect(fused != nil, "round \(round)") }
      guard let fused else { continue }
      var result = [UInt8](repeating: 0, count: 2 * filters)
      withMemory(128) { memory in
        result.withUnsafeMutableBytes { result in
          guard let base = result.baseAddress else { return }
          fused.codes(of: memory, first: 0, count: 2, into: base)
        }
      }
      for index in result.indices {
        let (sum, multiplier) = (sums[index % filters], multipliers[index % filters])
        let expected = Self.code(sum, multiplier, roundsOnce: roundsOnce, zero: zero, codes)
        guard result[index] == expected else {
          Issue.record("\(path) \(sum) by \(multiplier), once \(roundsOnce): \(result[index])")
          return
        }
      }
    }
  }

  @Test("rules beyond the registers' are refused", arguments: paths)
  func refusedRules(path: KernelPath) throws {
    func fuses(sum: Int32, _ multiplier: QuantizedMultiplier, roundsOnce: Bool) throws -> Bool {
      let product = ByteProduct(
        weights: [0], filters: 1,
        walk: ProductWalk(columns: 1, rowPitch: 0, columnPitch: 0, offsets: [0], length: 1),
        bias: [sum], dataZero: 0, isSigned: true, path: path)
      let rule = try #require(
        ByteRequantization(
          multipliers: [multiplier], channels: 1, roundsOnce: roundsOnce, zeroPoint: 0,
          codes: -128...127, path: path))
      return product.requantized(by: rule) != nil
    }
    let usual = QuantizedMultiplier(multiplier: 1 << 30, shift: -5)
    if Self.fuses(path) { #expect(try fuses(sum: 1000, usual, roundsOnce: false)) }
    #expect(try !fuses(sum: 1 << 30, usual, roundsOnce: false))
    #expect(try !fuses(sum: 1000, usual, roundsOnce: true))
    #expect(
      try !fuses(sum: 9, QuantizedMultiplier(multiplier: 1 << 30, shift: 0), roundsOnce: false))
    #expect(
      try !fuses(sum: 9, QuantizedMultiplier(multiplier: 1 << 30, shift: 3), roundsOnce: true))
  }

  @Test("codes of matrix products equal their definition", arguments: paths)
  func fusedMatrices(path: KernelPath) throws {
    var generator = SeededGenerator(seed: 14)
    let shapes = [
      (1, 1, 1), (3, 5, 17), (13, 70, 64), (25, 129, 49), (12, 8, 8), (31, 27, 100), (9, 12, 80),
      (8, 33, 7), (1, 640, 128), (1, 12, 37), (1, 7, 20), (11, 16, 16), (40, 3, 131),
    ]
    for (rows, depth, filters) in shapes {
      let codes = (0..<rows * depth).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let weights = (0..<filters * depth).map { _ in Int8.random(in: -128...127, using: &generator)
      }
      let bias = (0..<filters).map { _ in Int32.random(in: -9999...9999, using: &generator) }
      let multipliers = (0..<filters).map { _ in
        QuantizedMultiplier(
          multiplier: Int32.random(in: 1 << 30 ... .max, using: &generator) | 1,
          shift: Int.random(in: -12 ... -6, using: &generator))
      }
      let product = ByteProduct(
        weights: weights, filters: filters,
        walk: ProductWalk(
          columns: rows, rowPitch: 0, columnPitch: depth, offsets: [0], length: depth), bias: bias,
        dataZero: -3, isSigned: true, path: path)
      let rule = try #require(
        ByteRequantization(
          multipliers: multipliers, channels: filters, roundsOnce: false, zeroPoint: 4,
          codes: -128...127, path: path))
      guard let fused = product.requantized(by: rule) else {
        #expect(!Self.fuses(path))
        continue
      }
      let packing = ImagePacking(
        rows: 1, columns: rows, channels: depth, packedRows: 1, packedColumns: rows, isSigned: true)
      var result = [UInt8](repeating: 0xA5, count: rows * filters + 64)
      withMemory(packing.byteCount(path: path)) { memory in
        codes.withUnsafeBytes {
          packing.pack($0.baseAddress ?? UnsafeRawPointer(memory), into: memory, path: path)
        }
        result.withUnsafeMutableBytes { result in
          guard let base = result.baseAddress else { return }
          let half = rows / 2
          fused.codes(of: memory, first: 0, count: half, into: base)
          fused.codes(of: memory, first: half, count: rows - half, into: base + half * filters)
        }
      }
      for index in 0..<rows * filters {
        let (row, filter) = (index / filters, index % filters)
        let sum = ByteProduct.definition(
          data: codes[row * depth..<(row + 1) * depth].map { Int32(Int8(bitPattern: $0)) },
          weights: weights[filter * depth..<(filter + 1) * depth], bias: bias[filter], dataZero: -3)
        let expected = Self.code(sum, multipliers[filter], roundsOnce: false, zero: 4, -128...127)
        guard result[index] == expected else {
          Issue.record("\(path) \(rows)x\(depth)x\(filters) at \(row), \(filter)")
          return
        }
      }
      #expect(result[(rows * filters)...].allSatisfy { $0 == 0xA5 }, "codes beyond the result")
      guard rows == 1, fused.readsCodes else { continue }
      var direct = [UInt8](repeating: 0, count: filters)
      codes.withUnsafeBytes { codes in
        direct.withUnsafeMutableBytes { direct in
          guard let data = codes.baseAddress, let base = direct.baseAddress else { return }
          fused.codes(ofCodes: data, into: base)
        }
      }
      #expect(direct[...] == result[..<filters])
    }
  }

  @Test("depthwise windows equal their definition", arguments: paths)
  func windows(path: KernelPath) throws {
    var generator = SeededGenerator(seed: 15)
    for round in 0..<150 {
      func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      let channels = round % 5 == 0 ? number(65...200) : number(1...64)
      let (kernelRows, kernelColumns) = round % 2 == 0 ? (3, 3) : (number(1...6), number(1...6))
      let (stride, dilation) = (number(1...3), round % 3 == 0 ? number(1...2) : 1)
      let (rows, columns) = (number(1...5), number(1...14))
      let isSigned = round % 4 != 0
      let zero: Int32 = isSigned ? -7 : 99
      let packedColumns = (columns - 1) * stride + (kernelColumns - 1) * dilation + 1
      let packedRows = (rows - 1) * stride + (kernelRows - 1) * dilation + 1
      let pitch = packedColumns * channels
      let offsets = (0..<kernelRows * kernelColumns).map {
        ($0 / kernelColumns * pitch + $0 % kernelColumns * channels) * dilation
      }
      let codes = (0..<packedRows * pitch).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let weights = (0..<offsets.count * channels).map { _ in
        Int8.random(in: -128...127, using: &generator)
      }
      let bias = (0..<channels).map { _ in Int32.random(in: -9999...9999, using: &generator) }
      let depthwise = ByteDepthwise(
        weights: weights, channels: channels, kernelColumns: kernelColumns,
        walk: ProductWalk(
          columns: columns, rowPitch: stride * pitch, columnPitch: stride * channels,
          offsets: offsets, length: channels), bias: bias, dataZero: zero, isSigned: isSigned,
        path: path)
      let multipliers = (0..<channels).map { _ in
        QuantizedMultiplier(
          multiplier: Int32.random(in: 1 << 30 ... .max, using: &generator),
          shift: number(-11 ... -5))
      }
      let range: ClosedRange<Int32> = isSigned ? -128...127 : 0...255
      let rule = try #require(
        ByteRequantization(
          multipliers: multipliers, channels: channels, roundsOnce: false, zeroPoint: zero,
          codes: range, path: path))
      let fused = depthwise.requantized(by: rule)
      if Self.fuses(path) { #expect(fused != nil) }
      let count = rows * columns
      let middle = number(0...count)
      var sums = [Int32](repeating: 0, count: count * channels)
      var result = [UInt8](repeating: 0xA5, count: count * channels + 64)
      let packing = ImagePacking(
        rows: packedRows, columns: packedColumns, channels: channels, packedRows: packedRows,
        packedColumns: packedColumns, isSigned: isSigned)
      withMemory(packing.byteCount(path: path)) { memory in
        codes.withUnsafeBytes {
          packing.pack($0.baseAddress ?? UnsafeRawPointer(memory), into: memory, path: path)
        }
        sums.withUnsafeMutableBufferPointer { sums in
          guard let base = sums.baseAddress else { return }
          depthwise.sums(of: memory, first: 0, count: middle, into: base)
          depthwise.sums(
            of: memory, first: middle, count: count - middle, into: base + middle * channels)
        }
        guard let fused else { return }
        result.withUnsafeMutableBytes { result in
          guard let base = result.baseAddress else { return }
          fused.codes(of: memory, first: 0, count: middle, into: base)
          fused.codes(
            of: memory, first: middle, count: count - middle, into: base + middle * channels)
        }
      }
      for index in sums.indices {
        let (position, channel) = (index / channels, index % channels)
        let start =
          position / columns * stride * pitch + position % columns * stride * channels + channel
        let data = offsets.map {
          isSigned ? Int32(Int8(bitPattern: codes[start + $0])) : Int32(codes[start + $0])
        }
        let expected = ByteProduct.definition(
          data: data, weights: offsets.indices.map { weights[$0 * channels + channel] },
          bias: bias[channel], dataZero: zero)
        let code = Self.code(
          expected, multipliers[channel], roundsOnce: false, zero: zero, range)
        guard sums[index] == expected, fused == nil || result[index] == code else {
          Issue.record(
            "\(path) \(rows)x\(columns)x\(channels), \(kernelRows)x\(kernelColumns) at \(index)")
          return
        }
      }
      #expect(result[sums.count...].allSatisfy { $0 == 0xA5 }, "codes beyond the result")
    }
  }

  @Test("sums of all pairs of codes equal the scalar rule", arguments: paths)
  func additions(path: KernelPath) throws {
    var generator = SeededGenerator(seed: 16)
    let pairs = (0..<65536 + 37).map { $0 & 0xFFFF }
    let first = pairs.map { UInt8($0 & 0xFF) }
    let second = pairs.map { UInt8($0 >> 8) }
    let half = QuantizedMultiplier(multiplier: 1 << 30, shift: 0)
    for round in 0..<10 {
      func multiplier(_ shifts: ClosedRange<Int>) -> QuantizedMultiplier {
        QuantizedMultiplier(
          multiplier: Int32.random(in: 1 << 30 ... .max, using: &generator),
          shift: Int.random(in: shifts, using: &generator))
      }
      let isSigned = round % 4 != 3
      let zeros = (0..<3).map { _ in
        Int32.random(in: isSigned ? -128...127 : 0...255, using: &generator)
      }
      let left = round % 3 == 0 ? half : multiplier(-6 ... -1)
      let right = round % 3 == 1 || round == 9 ? half : multiplier(-6 ... -1)
      // Round 0 meets nothing but ties and whole numbers; round 5 has left shifts.
      let result =
        round == 0
        ? QuantizedMultiplier(multiplier: 1 << 30, shift: -18)
        : round == 5 ? multiplier(0...2) : multiplier(-20 ... -17)
      let codes: ClosedRange<Int32> =
        isSigned ? (round % 2 == 0 ? zeros[2] : -128)...127 : 0...(round == 3 ? 255 : 250)
      let (leftFinal, rightFinal) = round == 0 ? (half, half) : (left, right)
      let addition = try #require(
        ByteAddition(
          left: leftFinal, leftZero: zeros[0], right: rightFinal, rightZero: zeros[1], shift: 20,
          subtracts: round % 5 == 4, result: result, resultZero: zeros[2], codes: codes,
          isSigned: isSigned))
      var target = [UInt8](repeating: 0, count: pairs.count)
      first.withUnsafeBytes { first in
        second.withUnsafeBytes { second in
          target.withUnsafeMutableBytes { target in
            guard let a = first.baseAddress, let b = second.baseAddress,
              let result = target.baseAddress
            else { return }
            addition.codes(of: a, b, count: pairs.count, into: result, path: path)
          }
        }
      }
      func operand(_ byte: UInt8, _ multiplier: QuantizedMultiplier, _ zero: Int32) -> Int32 {
        let code = isSigned ? Int32(Int8(bitPattern: byte)) : Int32(byte)
        return multiplier.appliedRoundingTwice(to: (code - zero) << 20)
      }
      let lefts = (0...255).map { operand(UInt8($0), leftFinal, zeros[0]) }
      let rights = (0...255).map { operand(UInt8($0), rightFinal, zeros[1]) }
      for index in pairs.indices {
        let (a, b) = (lefts[Int(first[index])], rights[Int(second[index])])
        let expected = Self.code(
          round % 5 == 4 ? a &- b : a &+ b, result, roundsOnce: false, zero: zeros[2], codes)
        guard target[index] == expected else {
          Issue.record("\(path) round \(round): \(first[index]) and \(second[index])")
          return
        }
      }
    }
  }
}
