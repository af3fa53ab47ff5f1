import ArgumentParser
import Documents
import QuantGraph

/// `hwsim completion SHELL`: the script that completes commands, options and their values.
struct CompletionCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    abstract: "Prints the script that completes commands, options and values in a shell.",
    usage: "hwsim completion bash|zsh|fish",
    discussion: """
      EXAMPLES:
        hwsim completion bash > ~/.local/share/bash-completion/completions/hwsim
        hwsim completion fish > ~/.config/fish/completions/hwsim.fish
      """)

  @Argument(help: .init("bash, zsh or fish.", valueName: "SHELL"), completion: .list(shells))
  var shell: String

  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions

  private static let shells = ["bash", "zsh", "fish"]

  func report(_ session: Session) throws(Failure) -> Report {
    guard Self.shells.contains(shell), let kind = CompletionShell(rawValue: shell) else {
      throw .unknown(
        "shell", shell, code: "usage.arguments", among: Self.shells,
        listedBy: "hwsim completion --help")
    }
    let script = HWSim.completionScript(for: kind)
    return Report(
      schema: "completion", arguments: ["shell": .string(shell)],
      result: ["script": .string(script)], isVerbatim: true
    ) { _ in script.hasSuffix("\n") ? script : script + "\n" }
  }
}
