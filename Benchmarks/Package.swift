// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "hwsim", path: "..")],
  targets: [
    // Allocations a second of the float-network evaluator, and whole tables of them.
    .executableTarget(
      name: "EvaluatorBench",
      dependencies: [
        .product(name: "Search", package: "hwsim"), .product(name: "HWModel", package: "hwsim"),
        .product(name: "Importers", package: "hwsim"),
        .product(name: "QuantGraph", package: "hwsim"), .product(name: "Arith", package: "hwsim"),
      ],
      swiftSettings: settings),
    // Samples a second of an hls4ml project, input file to compared outputs.
    .executableTarget(
      name: "HLSBench",
      dependencies: [
        .product(name: "HWModel", package: "hwsim"), .product(name: "Importers", package: "hwsim"),
        .product(name: "QuantGraph", package: "hwsim"),
      ],
      swiftSettings: settings),
    // Samples a second of a .tflite or .onnx model, and the rate of an 8-bit matrix product.
    .executableTarget(
      name: "ModelBench",
      dependencies: [
        .product(name: "Arith", package: "hwsim"), .product(name: "HWModel", package: "hwsim"),
        .product(name: "Importers", package: "hwsim"),
        .product(name: "QuantGraph", package: "hwsim"),
      ],
      swiftSettings: settings),
    // One inspection of a transformer's configuration, the first of a process and later ones.
    .executableTarget(
      name: "ConfigurationBench", dependencies: [.product(name: "Importers", package: "hwsim")],
      swiftSettings: settings),
    // Number formats: casts, requantization, matrix products, MX blocks.
    .executableTarget(
      name: "FormatBench", dependencies: [.product(name: "Arith", package: "hwsim")],
      swiftSettings: settings),
  ]
)
