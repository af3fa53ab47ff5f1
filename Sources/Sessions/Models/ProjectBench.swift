import HWModel
import Importers
import QuantGraph

/// Benches that hold a user's own RTL to a run: one a layer, and one for the network.
///
/// A layer's module takes each input and gives each output as one vector, elements row-major, the
/// first lowest. `LATENCY` edges of `clk` pass between an input and its output; 0 means gates alone.
struct ProjectBench {
  /// A tensor's stream: its file of codes, their bits, and how many make a sample.
  struct Stream {
    let file: String
    let bits: Int
    let elements: Int
  }

  private struct Port {
    let name: String
    let stream: Stream
  }

  /// Benches by file name.
  let files: [(name: String, text: String)]

  /// - Parameters:
  ///   - graph: what ran.
  ///   - streams: the tensors that have files.
  ///   - samples: in each file.
  init(_ graph: Graph, streams: [TensorID: Stream], samples: Int) {
    var files: [(name: String, text: String)] = []
    var names: Set<String> = []
    func add(_ module: String, _ title: String, _ inputs: [TensorID], _ outputs: [TensorID]) {
      let taken = inputs.compactMap { streams[$0] }
      let given = outputs.compactMap { streams[$0] }
      guard !taken.isEmpty, !given.isEmpty, given.count == outputs.count else { return }
      var name = Self.identifier(module)
      var number = 2
      while !names.insert(name).inserted {
        name = "\(Self.identifier(module))_\(number)"
        number += 1
      }
      files.append(
        (
          "\(name)_tb.v",
          Self.bench(
            name, title, Self.ports("x", taken), Self.ports("y", given), samples: samples)
        ))
    }
    add("network", "the whole network", graph.inputs, graph.outputs)
    for node in graph.nodes {
      add(
        node.name, "layer '\(node.name)'",
        node.inputs.filter { graph[$0].constant == nil }, node.outputs)
    }
    self.files = files
  }

  private static func identifier(_ name: String) -> String {
    let plain = String(
      name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return plain.first.map(\.isNumber) ?? true ? "layer_\(plain)" : plain
  }

  private static func ports(_ name: String, _ streams: [Stream]) -> [Port] {
    streams.enumerated().map { index, stream in
      Port(name: streams.count == 1 ? name : "\(name)\(index)", stream: stream)
    }
  }

  private static func bench(
    _ name: String, _ title: String, _ inputs: [Port], _ outputs: [Port], samples: Int
  ) -> String {
    func range(_ port: Port) -> String { "[\(port.stream.bits * port.stream.elements - 1):0]" }
    let all = inputs + outputs
    var text = """
      // \(title.filter { !$0.isNewline }), \(samples) samples. Each port is one vector, elements
      // row-major, the first lowest. LATENCY: edges of clk from an input to its output.
      `timescale 1ns/1ns
      module \(name)_tb;
        parameter LATENCY = 0;
        reg clk;
        integer sample, element, mismatches;

      """
    for port in all {
      text +=
        "  reg [\(port.stream.bits - 1):0] \(port.name)_codes "
        + "[0:\(max(samples * port.stream.elements, 1) - 1)];\n"
    }
    for port in inputs { text += "  reg \(range(port)) \(port.name);\n" }
    for port in outputs { text += "  wire \(range(port)) \(port.name);\n" }
    let connections = [".clk(clk)"] + all.map { ".\($0.name)(\($0.name))" }
    text += "  \(name) dut (\(connections.joined(separator: ", ")));\n  initial begin\n"
    for port in all {
      text += "    $readmemh(\"\(port.stream.file)\", \(port.name)_codes);\n"
    }
    text += """
          clk = 0;
          mismatches = 0;
          for (sample = 0; sample < \(samples); sample = sample + 1) begin

      """
    for port in inputs {
      let (bits, count) = (port.stream.bits, port.stream.elements)
      text += """
              for (element = 0; element < \(count); element = element + 1)
                \(port.name)[element * \(bits) +: \(bits)] = \
        \(port.name)_codes[sample * \(count) + element];

        """
    }
    text += """
            #1 ;
            repeat (LATENCY) begin
              clk = 1;
              #1 clk = 0;
              #1 ;
            end

      """
    for port in outputs {
      let (bits, count) = (port.stream.bits, port.stream.elements)
      let (found, expected) = (
        "\(port.name)[element * \(bits) +: \(bits)]",
        "\(port.name)_codes[sample * \(count) + element]"
      )
      text += """
              for (element = 0; element < \(count); element = element + 1)
                if (\(found) !== \(expected)) begin
                  mismatches = mismatches + 1;
                  if (mismatches <= 5)
                    $display("\(name): sample %0d, \(port.name)[%0d]: %h, expected %h", sample, element,
                      \(found), \(expected));
                end

        """
    }
    return text + """
          end
          $display("\(name): \(samples) samples, %0d mismatches", mismatches);
          $finish;
        end
      endmodule

      """
  }
}
