public import ArgumentParser
public import Reports

/// Options of commands that say yes or no, for programs that collect verdicts.
struct CaseOptions: ParsableArguments {
  @Option(
    help: .init("Also write the verdicts as a JUnit file.", valueName: "FILE"),
    completion: .file(extensions: ["xml"]))
  var junit: String?

  @Option(
    help: .init(
      "Also print what failed as annotations of a CI service.", valueName: "SERVICE"))
  var annotations: AnnotationForm?
}

extension AnnotationForm: ExpressibleByArgument {}
