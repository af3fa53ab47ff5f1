import FoundationEssentials
package import HWModel
package import Importers
package import QuantGraph

/// The array files of a check: inputs, expected outputs, expected layers.
package struct CheckData {
  package let model: ModelFile
  package let inputs: TensorFiles
  package let outputs: TensorFiles
  package let layers: TensorFiles
  /// Whether inputs and outputs are the project's own test bench data.
  package let usesTestBench: Bool
  /// Whether integer inputs out of range are brought into range.
  package let wrapsCodes: Bool

  /// Resolves the files of a command, or the project's own `tb_data`.
  ///
  /// - Parameters:
  ///   - options: names the files.
  ///   - model: what they belong to.
  ///   - results: what expected arrays are of; nil for the graph's outputs.
  /// - Throws: a ``Failure`` if files are missing, or are not those of the model.
  package init(
    _ options: ModelCheck.Options, model: ModelFile, outputs results: [TensorID]? = nil
  ) throws(Failure) {
    let results = results ?? model.graph.outputs
    let graph = model.graph
    let bench = TestBench(model)
    let inputPaths = options.inputs.isEmpty ? [bench?.inputs].compactMap(\.self) : options.inputs
    guard !inputPaths.isEmpty else {
      throw Failure(
        "check.no-data", "there are no inputs to check with", at: model.path,
        notes: model.isProject ? ["looked for: tb_data/tb_input_features.dat in the project"] : [],
        remedy: "give them: --inputs x.npy --expected y.npy.")
    }
    let files = try TensorFiles(
      inputPaths, for: graph.inputs, of: graph,
      role: .init(option: "inputs", what: "the model's inputs", linesTogether: 1))
    inputs = files
    self.model = try model.batched { files.rowCount() }
    if let path = options.layers {
      layers = try TensorFiles(layers: path, of: graph)
    } else {
      layers = TensorFiles()
    }
    let role = TensorFiles.Role(
      option: "expected", what: "the model's outputs", linesTogether: results.count)
    if !options.expected.isEmpty {
      outputs = try TensorFiles(options.expected, for: results, of: graph, role: role)
    } else if options.inputs.isEmpty, let bench, !bench.results.isEmpty {
      var all = TensorFiles()
      for path in bench.results {
        all = all + (try TensorFiles([path], for: graph.outputs, of: graph, role: role))
      }
      outputs = all
    } else if options.layers != nil {
      outputs = TensorFiles()
    } else {
      throw Failure(
        "check.no-data", "there is nothing to compare with", at: model.path,
        notes: model.isProject
          ? [
            options.inputs.isEmpty
              ? "looked for: tb_data/csim_results.log and rtl_cosim_results.log in the project"
              : "the project's own results belong to its own inputs"
          ] : [], remedy: "give expected outputs: --expected y.npy, or layers: --layers trace.npz.")
    }
    wrapsCodes = options.allowsOverflow
    usesTestBench = options.inputs.isEmpty || options.expected.isEmpty && options.layers == nil
  }

  /// Whether everything can be read a second time, which an explanation needs.
  package var canReopen: Bool { inputs.canReopen && outputs.canReopen && layers.canReopen }

  /// The names of what is compared.
  package var labels: [CheckLabel] {
    func labels(_ files: TensorFiles, isOutput: Bool) -> [CheckLabel] {
      files.entries.flatMap { entry in
        entry.tensors.map {
          CheckLabel(
            name: entry.label ?? model.graph[$0].name, place: entry.place, isOutput: isOutput)
        }
      }
    }
    return labels(outputs, isOutput: true) + labels(layers, isOutput: false)
  }

  /// Sources from the first sample on: expected outputs, then layers.
  package func open() throws(Failure) -> CheckSources {
    CheckSources(
      inputs: try model.inputSources(inputs, wrapsCodes: wrapsCodes),
      expected: try outputs.open(model) + layers.open(model))
  }

  /// ``open()`` of files that were opened before.
  func reopened() throws(Diagnostic) -> CheckSources {
    do throws(Failure) {
      return try open()
    } catch {
      throw error.problems[0]
    }
  }

  package var records: [InputRecord] {
    inputs.records(role: "inputs") + outputs.records(role: "expected")
      + layers.records(role: "layers")
  }
}

/// The data that an hls4ml test bench reads and writes in a project.
package struct TestBench {
  package let inputs: String
  /// Logs of C and RTL simulation, those that exist.
  package let results: [String]

  /// Nil if the project has no test bench inputs.
  package init?(_ model: ModelFile) {
    guard model.isProject else { return nil }
    let folder = (model.path.hasSuffix("/") ? model.path : model.path + "/") + "tb_data/"
    func existing(_ name: String) -> String? {
      FileManager.default.fileExists(atPath: folder + name) ? folder + name : nil
    }
    guard let inputs = existing("tb_input_features.dat") else { return nil }
    self.inputs = inputs
    results = ["csim_results.log", "rtl_cosim_results.log"].compactMap(existing)
  }
}

/// What a comparison is called in results.
package struct CheckLabel: Sendable {
  package let name: String
  /// Where the expected values are from.
  package let place: String
  package let isOutput: Bool
}
