#ifndef DEFINES_H_
#define DEFINES_H_

#include "ap_fixed.h"
#include "ap_int.h"
#include "nnet_utils/nnet_types.h"
#include <array>
#include <cstddef>
#include <cstdio>
#include <tuple>
#include <tuple>


// hls-fpga-machine-learning insert numbers

// hls-fpga-machine-learning insert layer-precision
typedef ap_fixed<16,6> input_t;
typedef ap_fixed<10,5,AP_RND,AP_SAT,0> e_accum_t;
typedef ap_fixed<8,4,AP_RND,AP_SAT,0> result_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> e_weight_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> e_bias_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
