import Documents

extension Schema {
  static let config = command(
    "config", "The options in effect (hwsim config --json)",
    result: object([
      "settings": array(
        of: object([
          "name": string("The flag's name without dashes."),
          "value": ["description": "The value in effect; null if there is none."],
          "file": nullable(string("The file that sets it; null for the default.")),
          "commands": array(of: string("A command that has the option.")),
        ]))
    ]))

  static let completion = command(
    "completion", "A completion script (hwsim completion --json)",
    result: object(["script": string("The script, for the shell that was asked for.")]))

  static let doctor = command(
    "doctor", "What the program runs on (hwsim doctor --json)",
    result: object([
      "healthy": boolean("Whether nothing is wrong."),
      "facts": array(
        of: object([
          "name": string("What it is about."), "value": string("How it is."),
          "problem": nullable(string("What is wrong.")),
        ])),
    ]))

  static let explain = command(
    "explain", "Explanations of error and warning codes (hwsim explain --json)",
    result: object([
      "explanations": array(
        of: [
          "type": "object",
          "required": ["code", "title", "exit_code"],
          "properties": [
            "code": string("Stable identifier."),
            "title": string("What it means, in one line."),
            "exit_code": nullable(
              integer("The exit code of a command that it ends; null for a word.")),
            "text": string("At length; only if one code was asked for."),
          ],
        ])
    ]))

  static let schema = command(
    "schema", "JSON Schemas of hwsim's documents (hwsim schema --json)",
    result: [
      "anyOf": [
        object([
          "name": string("Name of the schema."),
          "schema": ["type": "object", "description": "The JSON Schema."],
        ]),
        object([
          "schemas": array(
            of: object([
              "name": string("Name of the schema."), "title": string("What it describes."),
            ]))
        ]),
      ]
    ])

  static let error = Schema(
    name: "error", title: "Why a command ended without a result (--json)",
    document: header(
      "error", "Why a command ended without a result (--json)",
      required: ["schema", "hwsim", "error"],
      properties: [
        (
          "error",
          object([
            "code": string("Code of the first problem."),
            "message": string("Message of the first problem."),
            "location": nullable(string("Place of the first problem.")),
            "notes": array(of: string("Notes of the first problem.")),
            "help": nullable(string("Remedy of the first problem.")),
            "exit_code": [
              "enum": [64, 65, 66, 70, 73], "description": "Exit code of the command.",
            ],
            "problems": array(of: problem, "Every problem found, the first one included."),
          ])
        )
      ]))
}
