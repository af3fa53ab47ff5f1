import Importers
import TestSupport
import Testing

@Suite("NPY reader")
struct NPYTests {
  @Test("a missing file is no input, and a folder too")
  func missing() {
    for path in ["/nonexistent/x.npy", "/"] {
      let error = #expect(throws: ImportError.self) { try NPY.read(path) }
      #expect(error?.exitCode == 66)
    }
  }
}
