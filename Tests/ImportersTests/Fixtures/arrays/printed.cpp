// Prints printed.txt: bits of a double in hexadecimal, and what a C++ stream makes of it with
// precision 6 and 12.
// g++ -O1 printed.cpp -o printed && ./printed > printed.txt   (recorded with g++ 12.2, glibc 2.36)
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>

static uint64_t state = 1;
static uint64_t next() {
  uint64_t z = (state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

static void row(double v) {
  uint64_t bits;
  std::memcpy(&bits, &v, 8);
  std::ostringstream six, twelve;
  six << v;
  twelve.precision(12);
  twelve << v;
  std::printf("%016llx %s %s\n", (unsigned long long)bits, six.str().c_str(),
              twelve.str().c_str());
}

int main() {
  double fixed[] = {0.0, -0.0, 1e-5, 0.0001, 0.00012345678, 999999.5, 999998.5, 1000005.0,
                    1000015.0, 100000.5, 123456.5, 123457.5, 0.5, 1234.000244140625, 0.998046875,
                    1e22, 1e23, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308,
                    1.0 / 0.0, -1.0 / 0.0, 0.1, 9.9999949999999995, 99999.95, 1e15, 1e16, 65536.0};
  for (double v : fixed) row(v);
  // Fixed-point values of HLS types: up to 40 bits, up to 24 of them fraction bits.
  for (int i = 0; i < 400; i++) {
    int width = 1 + next() % 40;
    int64_t code = (int64_t)(next() << (64 - width)) >> (64 - width);
    row(std::ldexp((double)code, -(int)(next() % 25)));
  }
  // Exact ties in the seventh digit.
  for (int i = 0; i < 100; i++) row((double)(next() % 900000 + 100000) + 0.5);
  for (int i = 0; i < 100; i++) row((double)((next() % 900000 + 100000) * 10 + 5));
  // Any bits.
  for (int i = 0; i < 400; i++) {
    uint64_t bits = next();
    double v;
    std::memcpy(&v, &bits, 8);
    if (v == v) row(v);
  }
}
