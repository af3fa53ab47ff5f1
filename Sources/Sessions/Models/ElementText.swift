package import Importers
import QuantGraph

/// Elements of a tensor as text, row-major, one sample after the other.
///
/// - `hex`: one code a line for `$readmemh` (IEEE 1364, 17.2.9), `//` before the heading.
/// - `mem`: the same with an address first, as updatemem reads it (AMD UG1580).
/// - `coe`: the memory coefficients of AMD's Block Memory Generator (PG058), radix 16.
/// - `csv`: one sample a line, decimal.
package final class ElementText {
  package enum Form: String, CaseIterable, Sendable {
    case hex, mem, coe, csv
  }

  private let form: Form
  private let output: OutputFile
  /// Bits of a code.
  private let width: Int
  private let perLine: Int
  private var count = 0

  /// Opens the file, which appears with ``finish()``.
  ///
  /// - Parameters:
  ///   - path: as typed.
  ///   - form: how elements are written.
  ///   - heading: what the file holds, in one line.
  ///   - width: bits of a code.
  ///   - elements: of one sample.
  /// - Throws: ``ImportError`` if the file cannot be made.
  package init(
    path: String, form: Form, heading: String, width: Int, elements: Int
  ) throws(ImportError) {
    self.form = form
    self.width = width
    perLine = max(elements, 1)
    output = try OutputFile(path: path)
    switch form {
    case .hex: try write("// \(heading)\n")
    case .mem: try write("// \(heading)\n@00000000\n")
    case .coe:
      try write("; \(heading)\nmemory_initialization_radix=16;\nmemory_initialization_vector=\n")
    case .csv: break
    }
  }

  /// Appends the low ``width`` bits of each pattern; for `csv` the word for each.
  func append(count words: Int, pattern: (Int) -> UInt64, decimal: (Int) -> String)
    throws(ImportError)
  {
    var text = ""
    for index in 0..<words {
      switch form {
      case .csv: text += (count % perLine == 0 ? count == 0 ? "" : "\n" : ",") + decimal(index)
      case .coe: text += (count == 0 ? "" : ",\n") + digits(pattern(index))
      case .hex, .mem: text += digits(pattern(index)) + "\n"
      }
      count += 1
      if text.utf8.count > 1 << 18 {
        try write(text)
        text = ""
      }
    }
    try write(text)
  }

  /// Ends the text and puts the file in its place.
  func finish() throws(ImportError) {
    switch form {
    case .coe: try write(";\n")
    case .csv: if count > 0 { try write("\n") }
    case .hex, .mem: break
    }
    try output.commit()
  }

  private func digits(_ code: UInt64) -> String {
    let mask: UInt64 = width >= 64 ? .max : (1 << UInt64(width)) - 1
    let text = String(code & mask, radix: 16)
    return String(repeating: "0", count: max((width + 3) / 4 - text.count, 0)) + text
  }

  private func write(_ text: String) throws(ImportError) {
    try output.write(Array(text.utf8))
  }
}
