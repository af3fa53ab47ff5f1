// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "hwsim",
  products: [
    .executable(name: "hwsim", targets: ["hwsim"]),
    .library(name: "Arith", targets: ["Arith"]),
    .library(name: "QuantGraph", targets: ["QuantGraph"]),
    .library(name: "Importers", targets: ["Importers"]),
    .library(name: "HWModel", targets: ["HWModel"]),
    .library(name: "Schedules", targets: ["Schedules"]),
    .library(name: "Knapsack", targets: ["Knapsack"]),
    .library(name: "Search", targets: ["Search"]),
    .library(name: "Sessions", targets: ["Sessions"]),
    .library(name: "Reports", targets: ["Reports"]),
    .library(name: "Manual", targets: ["Manual"]),
  ],
  dependencies: [
    // The command line: parsing, help, completion scripts.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // JSON documents whose keys keep their order, their sums, and tables.
    .target(name: "Documents", swiftSettings: settings),
    // Hot integer kernels with run-time dispatch; the Swift definitions in Arith are the specification.
    .target(name: "CKernels"),
    .target(name: "Arith", dependencies: ["CKernels"], swiftSettings: settings),
    .target(name: "QuantGraph", dependencies: ["Arith", "Documents"], swiftSettings: settings),
    // Inflate and CRC for .npz, .gz and .fml archives.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "Importers",
      dependencies: ["Documents", "QuantGraph", "CZlib"], swiftSettings: settings),
    // Device descriptions, readable and editable files, embedded in the program (Targets/list).
    .target(
      name: "CTargetFiles", path: "Targets", exclude: ["mcu", "gpu", "bitserial", "logic", "list"],
      sources: ["files.c"]),
    .target(name: "TargetFiles", dependencies: ["CTargetFiles"], swiftSettings: settings),
    .target(
      name: "HWModel", dependencies: ["QuantGraph", "Documents"],
      swiftSettings: settings),
    .target(
      name: "Schedules", dependencies: ["HWModel", "Documents", "TargetFiles"],
      swiftSettings: settings),
    // Allocation problems as numbers: exact and published methods, frontiers, hypervolume.
    .target(name: "Knapsack", swiftSettings: settings),
    .target(
      name: "Search", dependencies: ["Knapsack", "Schedules", "Documents"],
      swiftSettings: settings),
    // What commands do with models: recognise, check, run, inspect.
    .target(
      name: "Sessions",
      dependencies: ["Documents", "Importers", "HWModel", "Knapsack", "Schedules", "Search"],
      swiftSettings: settings),
    // Pages, figures and comparisons of result documents.
    .target(
      name: "Reports",
      dependencies: ["Documents", "Importers", "Knapsack", "QuantGraph", "Search"],
      swiftSettings: settings),
    // What `hwsim explain` and `hwsim schema` say.
    .target(
      name: "Manual", dependencies: ["Documents", "Importers", "QuantGraph", "Reports"],
      swiftSettings: settings),
    .executableTarget(
      name: "hwsim",
      dependencies: [
        "Documents", "Importers", "HWModel", "Knapsack", "Manual", "Schedules", "Search",
        "Sessions", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    // What the README shows of the libraries.
    .executableTarget(
      name: "tour", dependencies: ["Documents", "HWModel", "QuantGraph", "Reports", "Sessions"],
      path: "examples/swift", swiftSettings: settings),
    // Seeds, damaged files and the place of the shared data, for every test target.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "ArithTests", dependencies: ["Arith", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "QuantGraphTests", dependencies: ["QuantGraph", "Arith", "Documents"],
      swiftSettings: settings),
    .testTarget(
      name: "ImportersTests",
      dependencies: ["Documents", "Importers", "HWModel", "QuantGraph", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "HWModelTests", dependencies: ["HWModel", "TargetFiles", "Importers", "TestSupport"],
      swiftSettings: settings),
    // Recorded cases of independent implementations, read from ../shared where it is.
    .testTarget(
      name: "ConformanceTests", dependencies: ["HWModel", "Importers", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "SchedulesTests",
      dependencies: ["Schedules", "Documents", "Arith", "HWModel", "Importers", "TestSupport"],
      exclude: ["Fixtures"],
      swiftSettings: settings),
    .testTarget(
      name: "SearchTests",
      dependencies: ["Search", "Knapsack", "Schedules", "HWModel", "Importers", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "DocumentsTests", dependencies: ["Documents"], swiftSettings: settings),
    .testTarget(
      name: "SessionsTests",
      dependencies: [
        "Sessions", "Arith", "HWModel", "Importers", "QuantGraph", "Search", "Documents",
        "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReportsTests", dependencies: ["Reports", "Documents", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "ManualTests",
      dependencies: ["Manual", "Documents", "Importers", "QuantGraph", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "hwsimTests",
      dependencies: [
        "hwsim", "Documents", "Arith", "Importers", "HWModel", "Schedules", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Fixtures", "Abacus/wooden.json"], swiftSettings: settings),
  ]
)
