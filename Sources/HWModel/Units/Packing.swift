/// Several products of small integers by one multiplication of wide ones.
///
/// Weights stand `spacing` bits apart in one factor, activations in the other, so that the results
/// stand `spacing` bits apart in the product; a negative one borrows from the next, which gets it back
/// as the bit below it. Two weights that share an activation are AMD's WP486 (2017); a polynomial
/// product, which is a convolution, is HiKonv (Liu et al., arXiv 2112.13972, section 3).
public struct Packing: Hashable, Sendable {
  /// Bits of a signed weight.
  public let weightBits: Int
  public let activationBits: Int
  public let activationSigned: Bool
  /// Weights and activations that meet in one multiplication.
  public let kernel: Int
  public let inputs: Int
  /// Sums of products by distance, as a convolution has them, instead of each product.
  public let isConvolution: Bool

  public init(
    weightBits: Int, activationBits: Int, activationSigned: Bool, kernel: Int, inputs: Int,
    isConvolution: Bool
  ) {
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.activationSigned = activationSigned
    self.kernel = kernel
    self.inputs = inputs
    self.isConvolution = isConvolution
  }

  /// Results of a multiplication.
  public var results: Int { isConvolution ? kernel + inputs - 1 : kernel * inputs }

  /// Bits of one result, and of the distance to the next.
  public var spacing: Int {
    let terms = isConvolution ? min(kernel, inputs) : 1
    return weightBits + activationBits + (Int.bitWidth - (terms - 1).leadingZeroBitCount)
  }

  var activationSpacing: Int { isConvolution ? spacing : spacing * kernel }

  /// Bits of the factor that holds the weights; one more where lower ones may borrow.
  public var weightFactorBits: Int {
    kernel == 1 ? weightBits : spacing * (kernel - 1) + weightBits + 1
  }

  /// Bits of the factor that holds the activations, as a signed number.
  public var activationFactorBits: Int {
    activationSpacing * (inputs - 1) + activationBits
      + (activationSigned && inputs == 1 ? 0 : 1)
  }

  /// Whether a multiplier of these signed factors, the wider first, makes it.
  public func fits(wide: Int, narrow: Int) -> Bool {
    max(weightFactorBits, activationFactorBits) <= wide
      && min(weightFactorBits, activationFactorBits) <= narrow
  }

  /// The most products by such a multiplier, a row for each pair of widths of 2 to 8 bits that has room
  /// for two or more; of equal ones that with fewer results.
  public static func best(wide: Int, narrow: Int, activationSigned: Bool) -> [Packing] {
    var best: [Packing] = []
    for weightBits in 2...8 {
      for activationBits in 2...8 {
        for isConvolution in [false, true] {
          var found: Packing?
          for kernel in 1...8 {
            for inputs in 1...8 where kernel * inputs > 1 {
              // A convolution of one weight or one input is what the plain products are.
              if isConvolution, min(kernel, inputs) == 1 { continue }
              let packing = Packing(
                weightBits: weightBits, activationBits: activationBits,
                activationSigned: activationSigned, kernel: kernel, inputs: inputs,
                isConvolution: isConvolution)
              guard packing.fits(wide: wide, narrow: narrow) else { continue }
              let more = packing.products - (found?.products ?? 1)
              if more > 0 || (more == 0 && packing.results < (found?.results ?? 0)) {
                found = packing
              }
            }
          }
          if let found { best.append(found) }
        }
      }
    }
    return best
  }

  public var products: Int { kernel * inputs }
}
