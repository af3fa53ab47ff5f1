import CZlib

/// A quick sum of a file's bytes, for telling two builds of a program apart.
public enum FileChecksum {
  /// The size in bytes and the CRC-32 of ISO 3309 in hexadecimal; nil where the file cannot be read.
  public static func text(ofFile path: String) -> String? {
    guard let bytes = try? [UInt8](contentsOf: path) else { return nil }
    let sum = bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
    return "\(bytes.count) \(String(sum, radix: 16))"
  }
}
