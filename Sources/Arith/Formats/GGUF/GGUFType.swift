/// A tensor type of GGUF: values a block, and bytes that hold them.
///
/// Numbers and names are those of `GGML_QUANT_SIZES` of the gguf package 0.19.
public struct GGUFType: Hashable, Sendable {
  public let name: String
  /// The number in a file's header.
  public let number: Int
  /// Values a block.
  public let block: Int
  /// Bytes a block.
  public let bytes: Int

  public static let all: [GGUFType] = [
    .init("F32", 0, 1, 4), .init("F16", 1, 1, 2), .init("Q4_0", 2, 32, 18),
    .init("Q4_1", 3, 32, 20), .init("Q5_0", 6, 32, 22), .init("Q5_1", 7, 32, 24),
    .init("Q8_0", 8, 32, 34), .init("Q8_1", 9, 32, 40), .init("Q2_K", 10, 256, 84),
    .init("Q3_K", 11, 256, 110), .init("Q4_K", 12, 256, 144), .init("Q5_K", 13, 256, 176),
    .init("Q6_K", 14, 256, 210), .init("Q8_K", 15, 256, 292), .init("IQ2_XXS", 16, 256, 66),
    .init("IQ2_XS", 17, 256, 74), .init("IQ3_XXS", 18, 256, 98), .init("IQ1_S", 19, 256, 50),
    .init("IQ4_NL", 20, 32, 18), .init("IQ3_S", 21, 256, 110), .init("IQ2_S", 22, 256, 82),
    .init("IQ4_XS", 23, 256, 136), .init("I8", 24, 1, 1), .init("I16", 25, 1, 2),
    .init("I32", 26, 1, 4), .init("I64", 27, 1, 8), .init("F64", 28, 1, 8),
    .init("IQ1_M", 29, 256, 56), .init("BF16", 30, 1, 2), .init("TQ1_0", 34, 256, 54),
    .init("TQ2_0", 35, 256, 66), .init("MXFP4", 39, 32, 17), .init("NVFP4", 40, 64, 36),
    .init("Q1_0", 41, 128, 18),
  ]

  private init(_ name: String, _ number: Int, _ block: Int, _ bytes: Int) {
    self.name = name
    self.number = number
    self.block = block
    self.bytes = bytes
  }

  /// The type with this name, whatever its case.
  public static func named(_ name: String) -> GGUFType? {
    all.first { $0.name == name.uppercased() }
  }

  /// The type with this number.
  public static func numbered(_ number: Int) -> GGUFType? { all.first { $0.number == number } }
}
