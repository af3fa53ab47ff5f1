/// The device descriptions that are compiled into the program: `Targets/<family>/<id>.json`.
///
/// A test keeps this list equal to the folder.
public enum TargetFiles {
  /// The text of each description of a family, by target id.
  public static let mcu: [String: [UInt8]] = [
    "nucleo-l4r5zi+tflm": PackageResources.nucleo_l4r5zi_tflm_json
  ]
}
