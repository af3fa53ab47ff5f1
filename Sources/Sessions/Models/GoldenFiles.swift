import HWModel
package import QuantGraph

/// Which codes of a run an RTL test bench gets: inputs and outputs of a network or of one layer.
public struct GoldenFiles: Sendable {
  let folder: String
  private let form: ElementText.Form
  private let scope: Scope
  /// Whether benches that read the files stand beside them.
  let hasBenches: Bool

  private enum Scope {
    case network
    case layer(String)
    case everyLayer
  }

  /// - Parameters:
  ///   - folder: where the files go, one a tensor, named as it.
  ///   - form: how codes are written.
  ///   - layer: nil for the network.
  package init(folder: String, form: ElementText.Form, layer: String?) {
    self.folder = folder
    self.form = form
    scope = layer.map(Scope.layer) ?? .network
    hasBenches = false
  }

  /// Every layer's tensors as `$readmemh` reads them, with a bench a layer and one for the network.
  ///
  /// - Parameter folder: where the files go.
  package init(benches folder: String) {
    self.folder = folder
    form = .hex
    scope = .everyLayer
    hasBenches = true
  }

  /// Tensors with their files; the folder is made.
  ///
  /// - Throws: a ``Failure`` for a layer that the graph lacks, or a folder that cannot be made.
  func stores(_ plan: Plan) throws(Failure) -> [(tensor: TensorID, store: TensorStore)] {
    let graph = plan.graph
    let wanted: [TensorID]
    switch scope {
    case .network: wanted = graph.inputs + graph.outputs
    case .everyLayer:
      wanted = (graph.inputs + graph.nodes.flatMap(\.outputs)).filter {
        graph[$0].constant == nil
      }
    case .layer(let layer):
      let found = try LayerNames(graph).layer(
        layer, listedBy: "hwsim inspect", at: "--golden-layer")
      let node = graph.nodes[found]
      wanted = (node.inputs + node.outputs).filter { graph[$0].constant == nil }
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
