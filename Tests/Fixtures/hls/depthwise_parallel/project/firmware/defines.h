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
typedef ap_fixed<34,14> pw_accum_t;
typedef ap_fixed<34,14> pw_result_t;
typedef ap_fixed<16,6> pw_weight_t;
typedef ap_fixed<16,6> pw_bias_t;
typedef ap_fixed<10,5,AP_RND,AP_SAT,0> dw_accum_t;
typedef ap_fixed<8,4,AP_RND,AP_SAT,0> layer3_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> dw_weight_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> dw_bias_t;
typedef ap_fixed<16,6> g_accum_t;
typedef ap_fixed<16,6> layer4_t;
typedef ap_fixed<35,15> d_accum_t;
typedef ap_fixed<35,15> result_t;
typedef ap_fixed<16,6> d_weight_t;
typedef ap_fixed<16,6> d_bias_t;
typedef ap_uint<1> layer5_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
