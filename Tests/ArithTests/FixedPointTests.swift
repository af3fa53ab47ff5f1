import Arith
import Testing
