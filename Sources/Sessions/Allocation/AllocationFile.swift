import Documents
import HWModel
package import Importers
package import QuantGraph
package import Search

/// What `--allocation` gives: an ``Allocation`` and the file that it is read from.
package struct AllocationFile: Sendable {
  package let path: String
  package let allocation: Allocation

  /// - Throws: a ``Failure`` with every problem of the file.
  package init(path: String) throws(Failure) {
    self.path = path
    let document = try JSON(
      file: path, code: "allocation.syntax",
      remedy: "correct the JSON text; hwsim search writes such files.")
    do throws(AllocationRefusal) {
      allocation = try Allocation(document)
    } catch {
      throw Failure(error, in: path)
    }
  }

  /// Refuses a file that was made for another model; one that names none fits every model.
  package func checkModel(_ record: InputRecord) throws(Failure) {
    guard let sum = allocation.modelSum, let found = try record.record()["sha256"]?.text,
      found != sum
    else { return }
    throw Failure(
      "allocation.model", "the allocation was made for another model", at: "\(path): model.sha256",
      notes: ["made for \(sum)", "\(record.path) is \(found)"],
      remedy:
        "give the model that was searched, search this one, or take \"model\" out of the file "
        + "if the layers are the same.")
  }

  /// One candidate a layer: what the file says of it, and nothing for layers that it does not name.
  ///
  /// - Throws: a ``Failure`` with every name that is none, and every format that contradicts another.
  package func candidates(of layers: [SearchLayer], in graph: Graph) throws(Failure) -> [Candidate]
  {
    do throws(AllocationRefusal) {
      return try allocation.formats(ofLayers: layers.map(\.name), in: graph)
    } catch {
      throw Failure(error, in: path)
    }
  }
}

extension Failure {
  package init(_ refusal: AllocationRefusal, in path: String) {
    self.init(refusal.located(in: path).problems)
  }
}
