package import Documents
import Glibc
import HWModel
import QuantGraph
import Search

/// How many samples a model puts into the class that they are labelled with.
///
/// The class of a sample is the first of the largest outputs; of one output 1 where it is over 0.5 (a
/// probability) or over 0, else 0. It is among the first five where fewer than five outputs are larger,
/// or equal and before it.
package struct LabelScore: Sendable {
  /// The file of the labels.
  package let path: String
  /// Samples that were looked at.
  package private(set) var samples = 0
  /// Samples whose class is their label.
  package private(set) var correct = 0
  /// Samples whose label is among the first five classes.
  package private(set) var amongFive = 0
  /// Classes; 2 for one output.
  package let classes: Int
  /// The output that is looked at.
  let output: TensorID
  private let labels: [Int]
  private let head: ScoreHead
  private let decoder: TensorDecoder
  private let outputs: Int

  /// - Parameters:
  ///   - path: an array of one integer a sample.
  ///   - graph: a network of one output.
  ///   - addsSampleAxis: whether the output is of one sample; else its first axis is the samples.
  /// - Throws: a ``Failure`` for what are no labels of the model's classes.
  init(_ path: String, of graph: Graph, addsSampleAxis: Bool) throws(Failure) {
    guard graph.outputs.count == 1 else {
      throw Failure(
        "run.labels", "the model has \(graph.outputs.count) outputs; one tells the class",
        at: path, remedy: "leave --labels out.")
    }
    labels = try SearchSamples.labels(path)
    self.path = path
    head = ScoreHead(graph)
    output = head.output
    decoder = TensorDecoder(graph[output])
    let shape = graph[output].shape
    outputs = addsSampleAxis ? shape.count : shape.extents.dropFirst().reduce(1, *)
    classes = outputs == 1 ? 2 : outputs
    guard outputs > 0 else {
      throw Failure(
        "run.labels", "output '\(graph[output].name)' is empty", at: path,
        remedy: "leave --labels out.")
    }
    if let index = labels.firstIndex(where: { !(0..<classes).contains($0) }) {
      throw Failure(
        "run.labels", "label \(labels[index]) of sample \(index) is none of \(classes) classes",
        at: path, remedy: "give the index of each sample's class, from 0.")
    }
  }

  /// Looks at the next samples' outputs, in the order of the labels.
  ///
  /// - Throws: a ``Failure`` where there are more samples than labels, or no numbers.
  mutating func add(_ codes: Codes) throws(Failure) {
    guard let values = decoder.values(codes) else {
      throw Failure(
        "run.labels", "the output's codes stand for no numbers", at: path,
        remedy: "leave --labels out.")
    }
    for first in stride(from: 0, to: values.count, by: outputs) {
      guard samples < labels.count else {
        throw count("more samples than the \(labels.count) labels")
      }
      let own = values[first..<first + outputs]
      let label = labels[samples]
      samples += 1
      if head.label(own) == label { correct += 1 }
      guard outputs > 1 else { continue }
      let score = own[first + label]
      var before = 0
      for index in own.indices
      where own[index] > score || own[index] == score && index < first + label { before += 1 }
      if before < 5 { amongFive += 1 }
    }
  }

  /// - Throws: a ``Failure`` where labels are left, unless only some samples were wanted.
  func finish(isPart: Bool) throws(Failure) {
    guard isPart || samples == labels.count else {
      throw count("\(labels.count) labels for \(samples) samples")
    }
  }

  private func count(_ message: String) -> Failure {
    Failure(
      "check.sample-count", message, at: path,
      remedy: "check that inputs and labels belong to each other.")
  }

  /// A share with the interval that holds its true value in 95 % of cases (Wilson's score interval, 1927).
  struct Share {
    let value: Double
    let low: Double
    let high: Double

    init(_ count: Int, of total: Int) {
      guard total > 0 else {
        (value, low, high) = (0, 0, 1)
        return
      }
      let z = 1.959963984540054
      let (n, p) = (Double(total), Double(count) / Double(total))
      let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
      let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
      (value, low, high) = (p, max(middle - half, 0), min(middle + half, 1))
    }

    var json: JSON {
      ["accuracy": .number(value), "low": .number(low), "high": .number(high)]
    }

    var text: String {
      func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10)" }
      return "\(percent(value))% (95%: \(percent(low)) to \(percent(high))%)"
    }
  }

  package var json: JSON {
    [
      "samples": .integer(samples), "classes": .integer(classes),
      "top_1": Share(correct, of: samples).json.adding(["correct": .integer(correct)]),
      "top_5": classes > 5
        ? Share(amongFive, of: samples).json.adding(["correct": .integer(amongFive)]) : .null,
    ]
  }

  package var text: String {
    var text =
      "accuracy  \(Share(correct, of: samples).text), \(Quantity.count(correct)) of "
      + "\(Quantity.count(samples, "sample"))"
    if classes > 5 { text += "; top 5 \(Share(amongFive, of: samples).text)" }
    return text
  }
}
