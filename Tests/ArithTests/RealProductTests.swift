import Arith
import TestSupport
import Testing

@Suite("Kernels of real products and quantization steps")
struct RealProductTests {
  static let paths: [KernelPath] = [.portable, .avx2, .vnni]

  @Test("sums have the bits of the definition on every path", arguments: paths)
  func products(path: KernelPath) {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<80 {
      let filters = Int.random(in: 1...37, using: &generator)
      // Some sums are longer than what a kernel takes at a time.
      let length = Int.random(in: round % 4 == 0 ? 60...700 : 1...9, using: &generator)
      let offsets = (0..<Int.random(in: 1...4, using: &generator)).map { $0 * 11 }
      let columns = Int.random(in: 1...5, using: &generator)
      let count = Int.random(in: 1...29, using: &generator)
      let walk = ProductWalk(
        columns: columns, rowPitch: 50, columnPitch: 3, offsets: offsets, length: length)
      func check<Real: RealScalar>(_ type: Real.Type) {
        func numbers(_ count: Int) -> [Real] {
          (0..<count).map { _ in Real(Double.random(in: -3...3, using: &generator)) }
        }
        let depth = offsets.count * length
        // Float64 weights that are float32 numbers are stored as such.
        let isNarrow = round % 2 == 0
        let weights = numbers(filters * depth).map { isNarrow ? Real(Float($0)) : $0 }
        let data = numbers(50 * 29 + 3 * 5 + 33 + length)
        let product = RealProduct(weights: weights, filters: filters, walk: walk, path: path)
        if Real.self == Double.self, filters % 16 == 0 {
          #expect(product.constantBytes == filters * depth * (isNarrow ? 4 : 8))
        }
        var sums = [Real](repeating: 7, count: count * filters)
        product.sums(of: data, first: 0, count: count, into: &sums)
        for position in 0..<count {
          let start = position / columns * 50 + position % columns * 3
          let seen = offsets.flatMap { offset in
            (0..<length).map { data[start + offset + $0] }
          }
          for filter in 0..<filters {
            let expected = RealProduct.definition(
              data: seen, weights: weights[filter * depth..<(filter + 1) * depth])
            #expect(sums[position * filters + filter] == expected)
          }
        }
        let taps = numbers(offsets.count * length)
        let depthwise = RealDepthwise(weights: taps, channels: length, walk: walk, path: path)
        var channels = [Real](repeating: 7, count: count * length)
        depthwise.sums(of: data, first: 0, count: count, into: &channels)
        for position in 0..<count {
          let start = position / columns * 50 + position % columns * 3
          for channel in 0..<length {
            let expected = RealProduct.definition(
              data: offsets.map { data[start + $0 + channel] },
              weights: offsets.indices.map { taps[$0 * length + channel] })
            #expect(channels[position * length + channel] == expected)
          }
        }
      }
      check(Float.self)
      check(Double.self)
    }
  }

  @Test("float64 sums take the weights of float32 sums where they are", arguments: paths)
  func shared(path: KernelPath) {
    var generator = SeededGenerator(seed: 12)
    for filters in [1, 7, 8, 9, 15, 16, 17, 24, 31, 40] {
      let length = filters % 2 == 0 ? 5 : 300
      let walk = ProductWalk(
        columns: 4, rowPitch: 20, columnPitch: 2, offsets: [0, 9], length: length)
      let weights = (0..<filters * 2 * length).map { _ in
        Float.random(in: -2...2, using: &generator)
      }
      let data = (0..<60 + length).map { _ in Double.random(in: -2...2, using: &generator) }
      let single = RealProduct(weights: weights, filters: filters, walk: walk, path: path)
      let shared = RealProduct<Double>(sharing: single)
      #expect(shared.constantBytes == single.constantBytes)
      let own = RealProduct(
        weights: weights.map { Double($0) + 0x1p-60 }, filters: filters, walk: walk, path: path)
      #expect(own.constantBytes >= filters * 2 * length * 8)
      var sums = [Double](repeating: 7, count: 10 * filters)
      shared.sums(of: data, first: 0, count: 10, into: &sums)
      for position in 0..<10 {
        let start = position / 4 * 20 + position % 4 * 2
        let seen = [0, 9].flatMap { offset in (0..<length).map { data[start + offset + $0] } }
        for filter in 0..<filters {
          let own = weights[filter * 2 * length..<(filter + 1) * 2 * length]
          #expect(
            sums[position * filters + filter]
              == RealProduct.definition(data: seen, weights: own.map { Double($0) }))
        }
      }
    }
  }

  @Test(
    "codes are those of the definition, at ties, ends and for NaN too",
    arguments: [
      (Float(0.25), Int32(0)...255), (0.1, -127...127), (1, -7...7), (3.5e-3, 0...65535),
      (0.7, -32767...32767),
    ])
  func steps(scale: Float, codes: ClosedRange<Int32>) {
    var generator = SeededGenerator(seed: 3)
    let quantization = StepQuantization(scale: scale, codes: codes)
    var values: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude,
    ]
    for half in -20...20 { values.append(Float(half) / 2 * scale) }
    for _ in 0..<2000 {
      let ends = Float(codes.upperBound) * scale * 1.2
      values.append(Float.random(in: -ends...ends, using: &generator))
    }
    var numbers = [Double](repeating: 0, count: values.count)
    quantization.numbers(of: values, count: values.count, into: &numbers)
    var bytes = [UInt8](repeating: 0, count: values.count)
    quantization.bytes(of: values, count: values.count, into: &bytes)
    for path in Self.paths {
      var again = bytes.map { ~$0 }
      quantization.bytes(of: values, count: values.count, into: &again, path: path)
      #expect(again == bytes)
    }
    var read = [Float](repeating: 0, count: values.count)
    quantization.values(of: values, count: values.count, into: &read)
    for (index, value) in values.enumerated() {
      // The definition compares; a NaN is not above the lowest code.
      let code = quantization.definition(value)
      #expect(numbers[index] == Double(code), "\(value)")
      #expect(bytes[index] == UInt8(truncatingIfNeeded: code), "\(value)")
      #expect(read[index] == Float(code) * scale, "\(value)")
    }
  }

  @Test("scaled sums are those of the definition on every path", arguments: paths)
  func scaling(path: KernelPath) {
    var generator = SeededGenerator(seed: 7)
    for channels in [1, 3, 10, 16, 24] {
      let scales = (0..<channels).map { _ in Float.random(in: 1e-6...2, using: &generator) }
      let offsets = (0..<channels).map { _ in Float.random(in: -3...3, using: &generator) }
      let scaling = SumScaling(scales: scales, offsets: offsets, path: path)
      for rows in [1, 2, 7, 33] {
        var sums = (0..<rows * channels).map { _ in
          Int32.random(in: -90_000...90_000, using: &generator)
        }
        sums[0] = 16_777_217
        sums[rows * channels - 1] = .max
        var result = [Float](repeating: 0, count: sums.count)
        scaling.values(of: sums, rows: rows, into: &result)
        var again = result
        scaling.values(of: sums.map { Double($0) }, rows: rows, into: &again)
        for (index, sum) in sums.enumerated() {
          let expected = SumScaling.definition(
            sum: Double(sum), scale: scales[index % channels], offset: offsets[index % channels])
          #expect(result[index] == expected && again[index] == expected)
        }
      }
    }
  }
}
