import ArgumentParser
import Arith
import Documents
import Glibc

/// The root command.
struct HWSim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hwsim",
    abstract:
      "Says bit for bit what hardware computes from a quantized network, and what it costs.",
    usage: "hwsim COMMAND [options]",
    discussion: """
      EXAMPLES:
        hwsim check my_project/                            does it match its C-simulation, bit for bit?
        hwsim estimate my_project/ --target pynq-z2        what does it take on my part?
        hwsim estimate kws.tflite --target nucleo-l4r5zi   does it fit, how fast is it?
        hwsim search kws.tflite --inputs clips.npy --labels words.npy --target nucleo-l4r5zi -o out
        hwsim estimate config.json --target a100 --bits w4a16,w8a8 --batch 1,32   an LLM on a GPU
        hwsim formats --compare e4m3,e5m2,int8             what does a number format hold?
        hwsim explain array.shape                          what a code means and what to do

      Options follow the command. Exit codes: 0 yes, 1 no, 64 wrong usage, 65 broken or unsupported
      input, 66 missing input, 70 a bug in hwsim, 73 output cannot be written, 130 interrupted.
      """,
    version: "hwsim \(ResultVersion.tool)",
    subcommands: [
      CheckCommand.self, RunCommand.self, InspectCommand.self, EstimateCommand.self,
      TargetsCommand.self, SearchCommand.self, ReportCommand.self, CompareCommand.self,
      FormatsCommand.self, CastCommand.self, UnitCommand.self, ConfigCommand.self,
      ExplainCommand.self, SchemaCommand.self, CompletionCommand.self, DoctorCommand.self,
    ])

  /// Names of all commands, in the order of the help.
  static var commandNames: [String] { configuration.subcommands.map { $0._commandName } }

  /// The command with this name, or nil.
  static func command(named name: String?) -> (any ParsableCommand.Type)? {
    configuration.subcommands.first { $0._commandName == name }
  }
}

@main
enum Entry {
  static func main() {
    Signals.install()
    FreedMemory.keep()
    exit(Invocation(Array(CommandLine.arguments.dropFirst())).run())
  }
}
