/// How hls4ml folds a product of `inputs * outputs` weights over a number of cycles.
///
/// Rules of `hls4ml/backends/fpga/fpga_backend.py` (1.0 to 1.3), `get_valid_reuse_factors` and
/// `set_closest_reuse_factor`.
public struct ReuseFactor: Sendable, Hashable {
  public let inputs: Int
  public let outputs: Int

  /// - Precondition: both positive, their product an `Int`.
  public init(inputs: Int, outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Whether the kernels of Resource strategy take the factor.
  public func isValid(_ reuse: Int) -> Bool {
    let products = inputs * outputs
    guard reuse > 0, products % reuse == 0 else { return false }
    guard reuse < inputs || reuse % inputs == 0 else { return false }
    let block = min(inputs, reuse)
    let limit = products / block + (products % block > 0 ? 1 : 0)
    return limit % outputs == 0 || reuse >= inputs
  }

  /// Every factor that the kernels take, ascending.
  public var valid: [Int] {
    let products = inputs * outputs
    var factors: [Int] = []
    var divisor = 1
    while divisor * divisor <= products {
      if products % divisor == 0 {
        factors.append(divisor)
        if divisor * divisor != products { factors.append(products / divisor) }
      }
      divisor += 1
    }
    return factors.sorted().filter(isValid)
  }

  /// The valid factor next to a requested one, the smaller of two that are as near.
  public func snapped(_ request: Int) -> Int {
    if isValid(request) { return request }
    return valid.min { (abs($0 - request), $0) < (abs($1 - request), $1) } ?? 1
  }
}
