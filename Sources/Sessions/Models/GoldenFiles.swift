import HWModel
package import QuantGraph

/// Which codes of a run an RTL test bench gets: inputs and outputs of a network or of one layer.
public struct GoldenFiles: Sendable {
  private let folder: String
  private let form: ElementText.Form
  private let layer: String?

  /// - Parameters:
  ///   - folder: where the files go, one a tensor, named as it.
  ///   - form: how codes are written.
  ///   - layer: nil for the network.
  package init(folder: String, form: ElementText.Form, layer: String?) {
    self.folder = folder
    self.form = form
    self.layer = layer
  }

  /// Tensors with their files; the folder is made.
  ///
  /// - Throws: a ``Failure`` for a layer that the graph lacks, or a folder that cannot be made.
  func stores(_ plan: Plan) throws(Failure) -> [(tensor: TensorID, store: TensorStore)] {
    let graph = plan.graph
    let wanted: [TensorID]
    if let layer {
      let found = try LayerNames(graph).layer(
        layer, listedBy: "hwsim inspect", at: "--golden-layer")
      let node = graph.nodes[found]
      wanted = (node.inputs + node.outputs).filter { graph[$0].constant == nil }
    } else {
      wanted = graph.inputs + graph.outputs
    }
    try OutputFolder.create(folder)
    var seen: Set<TensorID> = []
    var names: Set<String> = []
    return wanted.filter { seen.insert($0).inserted && plan.tensors[$0.index] != nil }.map { id in
      let plain = String(
        graph[id].name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" ? $0 : "_" })
      var name = plain
      var number = 2
      while !names.insert(name).inserted {
        name = "\(plain)_\(number)"
        number += 1
      }
      return (id, .text(path: "\(folder)/\(name).\(form.rawValue)", form))
    }
  }
}

extension ElementText.Form {
  /// The form that an option names.
  package static func named(
    _ name: String, option: String
  ) throws(Failure) -> ElementText.Form {
    guard let form = ElementText.Form(rawValue: name) else {
      throw .unknown(
        "form", name, code: "usage.arguments", among: allCases.map(\.rawValue),
        listedBy: "hwsim run --help", at: option, showsAll: true)
    }
    return form
  }
}
