/// A unit as behavioural Verilog-2005: one module, a declaration a wire, in the structure's own order.
public struct UnitVerilog: Sendable {
  public let module: String

  public init(_ circuit: UnitCircuit) {
    let writer = Writer(circuit: circuit)
    module = writer.module()
  }

  private struct Writer {
    let circuit: UnitCircuit

    func module() -> String {
      var ports: [String] = circuit.isClocked ? ["  input clk"] : []
      ports += circuit.inputs.map { "  input \(declared($0))" }
      let isRegister = circuit[circuit.output].operation == .register
      ports.append("  output \(isRegister ? "reg " : "")\(declared(circuit.output))")
      var text = "module \(circuit.name) (\n" + ports.joined(separator: ",\n") + "\n);\n"
      for index in circuit.wires.indices { text += statement(UnitCircuit.Wire(index: index)) }
      for (register, next) in circuit.nextValues.sorted(by: { $0.key.index < $1.key.index }) {
        text += "  always @(posedge clk) \(name(register)) <= \(name(next));\n"
      }
      return text + "endmodule\n"
    }

    private func name(_ wire: UnitCircuit.Wire) -> String {
      wire == circuit.output ? "y" : circuit[wire].name
    }

    private func declared(_ wire: UnitCircuit.Wire) -> String {
      let sign = circuit[wire].isSigned ? "signed " : ""
      return "\(sign)[\(circuit[wire].width - 1):0] \(name(wire))"
    }

    private func statement(_ wire: UnitCircuit.Wire) -> String {
      let declaration = circuit[wire]
      switch declaration.operation {
      case .input: return ""
      case .register:
        return wire == circuit.output ? "" : "  reg \(declared(wire));\n"
      case .leadingOne(let a, let base):
        let place = "\(declaration.name)_i"
        let end = circuit[a].width
        return """
            reg \(declared(wire));
            integer \(place);
            always @* begin
              \(declaration.name) = 0;
              for (\(place) = \(base); \(place) < \(end); \(place) = \(place) + 1)
                if (\(name(a))[\(place)]) \(declaration.name) = \(place) - \(base - 1);
            end

          """
      default:
        let value = expression(declaration)
        return wire == circuit.output
          ? "  assign y = \(value);\n" : "  wire \(declared(wire)) = \(value);\n"
      }
    }

    private func expression(_ wire: UnitCircuit.Declaration) -> String {
      let width = wire.width
      switch wire.operation {
      case .input, .register, .leadingOne: return ""
      case .constant(let value):
        let digits = (0..<width).reversed().map { value >> min($0, 63) & 1 == 1 ? "1" : "0" }
        return "\(width)'\(wire.isSigned ? "s" : "")b" + digits.joined()
      case .bits(let a, let low): return "\(name(a))[\(low + width - 1):\(low)]"
      case .joined(let parts):
        return "{" + parts.reversed().map(name).joined(separator: ", ") + "}"
      case .resized(let a): return extended(a, to: width)
      case .not(let a): return "~\(extended(a, to: width))"
      case .and(let a, let b): return "\(extended(a, to: width)) & \(extended(b, to: width))"
      case .or(let a, let b): return "\(extended(a, to: width)) | \(extended(b, to: width))"
      case .xor(let a, let b): return "\(extended(a, to: width)) ^ \(extended(b, to: width))"
      case .anyBit(let a): return "|\(name(a))"
      case .allBits(let a): return "&\(name(a))"
      case .sum(let a, let b): return arithmetic(a, "+", b)
      case .difference(let a, let b): return arithmetic(a, "-", b)
      case .product(let a, let b): return arithmetic(a, "*", b)
      case .negated(let a): return "-\(name(a))"
      // The left operand takes the result's width, with its own sign.
      case .shiftedLeft(let a, let by): return "\(name(a)) << \(name(by))"
      case .shiftedRight(let a, let by): return "\(name(a)) >> \(name(by))"
      case .selected(let condition, let a, let b):
        return "\(name(condition)) ? \(extended(a, to: width)) : \(extended(b, to: width))"
      case .atLeast(let a, let b): return arithmetic(a, ">=", b)
      }
    }

    /// Both operands signed where one is: Verilog takes an expression with an unsigned operand as
    /// unsigned.
    private func arithmetic(
      _ a: UnitCircuit.Wire, _ operation: String, _ b: UnitCircuit.Wire
    ) -> String {
      let signed = circuit[a].isSigned || circuit[b].isSigned
      func operand(_ wire: UnitCircuit.Wire) -> String {
        signed && !circuit[wire].isSigned ? "$signed({1'b0, \(name(wire))})" : name(wire)
      }
      return "\(operand(a)) \(operation) \(operand(b))"
    }

    private func extended(_ wire: UnitCircuit.Wire, to width: Int) -> String {
      let own = circuit[wire].width
      if own == width { return name(wire) }
      if own > width { return "\(name(wire))[\(width - 1):0]" }
      let fill =
        circuit[wire].isSigned
        ? "{\(width - own){\(name(wire))[\(own - 1)]}}" : "\(width - own)'d0"
      return "{\(fill), \(name(wire))}"
    }
  }
}
