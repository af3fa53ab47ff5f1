package import Importers
package import QuantGraph
package import Search

/// Arrays that a search is given.
package enum SearchSamples {
  package static func array(_ path: String) throws(Failure) -> NDArray {
    do throws(ImportError) {
      return try ArrayInput(path: path).read()
    } catch {
      throw Failure(Diagnostic(error))
    }
  }

  /// One class a sample.
  package static func labels(_ path: String) throws(Failure) -> [Int] {
    let array = try array(path)
    guard let values = array.integers(), !array.elementType.isFloatingPoint,
      array.shape.count == 1 || array.count == array.shape.first
    else {
      throw Failure(
        "search.data",
        "labels are one integer a sample; this is \(array.elementType.rawValue)"
          + " of shape (\(array.shape.map(String.init).joined(separator: ",")))",
        at: path, remedy: "store the index of each sample's class, from 0.")
    }
    return values.map { Int($0) }
  }

  /// An array whose first axis is the samples, checked against the shape of one.
  package static func array(
    _ path: String, sampleShape expected: [Int], role: String
  ) throws(Failure) -> NDArray {
    let array = try array(path)
    guard array.shape.count >= 1, Array(array.shape.dropFirst()) == expected, array.count > 0
    else {
      let wanted = (["N"] + expected.map(String.init)).joined(separator: ",")
      throw Failure(
        "search.data",
        "expected (\(wanted)), found (\(array.shape.map(String.init).joined(separator: ",")))",
        at: path, notes: ["\(role): the first axis is the samples"],
        remedy: "reshape it to the model's input.")
    }
    return array
  }

  /// Its numbers, row-major.
  package static func numbers(_ array: NDArray, path: String) throws(Failure) -> [Double] {
    guard let values = array.doubles() else {
      throw Failure(
        "search.data", "the array holds numbers that binary64 cannot hold", at: path,
        remedy: "store it as float32.")
    }
    return values
  }

  /// That calibration uses the samples that decide.
  package static func calibrationWarning(inputs: String) -> Diagnostic {
    Diagnostic(
      code: "search.calibration",
      message: "ranges and sensitivities are taken from --inputs, the samples that decide",
      location: inputs, remedy: "give other samples with --calibration C.npy.")
  }

  package static func diagnostic(_ error: EvaluationDataError, path: String) -> Diagnostic {
    let message =
      switch error {
      case .sampleElements(let expected, let found):
        "\(found) numbers are no multiple of the \(expected) of one sample"
      case .labelCount(let expected, let found): "\(found) labels for \(expected) samples"
      case .label(let sample, let value, let classes):
        "label \(value) of sample \(sample) is none of the classes 0 to \(classes - 1)"
      case .notFinite(let sample, let element):
        "sample \(sample) has no finite number at element \(element)"
      }
    return Diagnostic(
      code: "search.data", message: message, location: path,
      remedy: "check that samples and labels belong to this model and to each other.")
  }
}
