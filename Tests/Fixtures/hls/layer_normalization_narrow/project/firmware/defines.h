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
typedef ap_fixed<9,4> n_0_accum_t;
typedef ap_fixed<8,4,AP_RND,AP_SAT,0> result_t;
typedef ap_fixed<16,6> n_0_scale_t;
typedef ap_fixed<16,6> n_0_bias_t;
typedef ap_ufixed<8,5,AP_RND_CONV,AP_SAT,0> n_0_table_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
