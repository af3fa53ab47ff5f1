import ArgumentParser
import HWModel
import Importers
import QuantGraph
import Search
import Sessions

/// `--allocation` of commands that run a model.
struct AllocationOption: ParsableArguments {
  @Option(
    help: .init("Formats of layers, as hwsim search writes them.", valueName: "FILE"),
    completion: .file(extensions: ["json"]))
  var allocation: String?

  /// The file, checked against the model; nil without one.
  ///
  /// - Throws: a ``Failure`` with every problem of the file, or if it is another model's.
  func file(for model: ModelFile) throws(Failure) -> AllocationFile? {
    guard let allocation else { return nil }
    let file = try AllocationFile(path: allocation)
    try file.checkModel(model.record)
    return file
  }
}

extension AllocationOption {
  /// The entry of the envelope; none without the option.
  var records: [InputRecord] {
    allocation.map { [InputRecord(role: "allocation", path: $0, kind: "allocation")] } ?? []
  }
}

extension ModelArguments {
  /// Refuses options that have no meaning where the layers of a float network follow an allocation.
  ///
  /// - Throws: a ``Failure`` that names each.
  func refuseRules(others: [String] = []) throws(Failure) {
    try refuseTarget(others: others)
    let known = [FakeQuantized.name, TensorCoreDatapath.name]
    func isForeign(_ name: String) -> Bool { !known.contains(String(name.prefix { $0 != "@" })) }
    let given: [(String, Bool)] = [
      ("--datapath", datapath.map(isForeign) ?? false),
      ("--requantize", requantize != nil), ("--patch", patch != nil),
      ("--against", others.contains(where: isForeign)),
    ]
    let names = given.filter(\.1).map(\.0)
    guard !names.isEmpty else { return }
    throw Failure(
      "usage.arguments",
      "\(names.joined(separator: " and ")) and --allocation exclude each other for a float network",
      notes: [
        "its layers run as hwsim search evaluates them: by \(known.joined(separator: " or "))"
      ],
      remedy: "leave out \(names.count == 1 ? "one of them" : "--allocation, or the others").")
  }

  /// The tensor cores on which layers under an allocation multiply; nil for none.
  ///
  /// - Throws: a ``Failure`` for rules of a device that is not named.
  func coresOfLayers(
    _ name: String? = nil, option: String = "datapath"
  ) throws(Failure) -> TensorCoreRules? {
    guard let name = name ?? datapath, name != FakeQuantized.name else { return nil }
    let choice = try DatapathChoice(name, try parameters(), option: option)
    return (choice.datapath as? TensorCoreDatapath)?.rules
  }
}
