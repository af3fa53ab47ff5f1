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
typedef nnet::array<ap_fixed<16,6>, 2*1> input_t;
typedef ap_fixed<10,5,AP_RND,AP_SAT,0> c_accum_t;
typedef nnet::array<ap_fixed<8,4,AP_RND,AP_SAT,0>, 4*1> layer2_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> c_weight_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> c_bias_t;
typedef ap_fixed<10,5,AP_RND,AP_SAT,0> dw_accum_t;
typedef nnet::array<ap_fixed<8,4,AP_RND,AP_SAT,0>, 4*1> layer3_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> dw_weight_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> dw_bias_t;
typedef ap_fixed<10,5,AP_RND,AP_SAT,0> pw_accum_t;
typedef nnet::array<ap_fixed<8,4,AP_RND,AP_SAT,0>, 3*1> layer4_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> pw_weight_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> pw_bias_t;
typedef nnet::array<ap_fixed<8,4,AP_RND,AP_SAT,0>, 9*1> layer5_t;
typedef ap_fixed<30,16> c1_accum_t;
typedef nnet::array<ap_fixed<30,16>, 2*1> c1_result_t;
typedef ap_fixed<16,6> c1_weight_t;
typedef ap_fixed<16,6> c1_bias_t;
typedef ap_fixed<49,25> d_accum_t;
typedef nnet::array<ap_fixed<49,25>, 3*1> result_t;
typedef ap_fixed<16,6> d_weight_t;
typedef ap_fixed<16,6> d_bias_t;
typedef ap_uint<1> layer8_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
