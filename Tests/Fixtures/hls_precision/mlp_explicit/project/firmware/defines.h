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
typedef ap_fixed<10,4> input_t;
typedef ap_fixed<14,7,AP_RND,AP_SAT,0> fc1_accum_t;
typedef ap_fixed<11,6,AP_RND,AP_SAT,0> layer2_t;
typedef ap_fixed<9,3,AP_RND,AP_SAT,0> fc1_weight_t;
typedef ap_fixed<8,3> fc1_bias_t;
typedef ap_uint<1> layer2_index;
typedef ap_ufixed<8,4,AP_RND,AP_SAT,0> layer3_t;
typedef ap_fixed<11,6,AP_RND,AP_SAT,0> act1_param_t;
typedef ap_fixed<18,8> act1_table_t;
typedef ap_fixed<14,7,AP_RND,AP_SAT,0> fc2_accum_t;
typedef ap_fixed<11,6,AP_RND,AP_SAT,0> layer4_t;
typedef ap_fixed<9,3,AP_RND,AP_SAT,0> fc2_weight_t;
typedef ap_fixed<8,3> fc2_bias_t;
typedef ap_uint<1> layer4_index;
typedef ap_ufixed<7,4,AP_RND,AP_SAT,0> layer5_t;
typedef ap_fixed<11,6,AP_RND,AP_SAT,0> act2_param_t;
typedef ap_fixed<18,8> act2_table_t;
typedef ap_fixed<14,7,AP_RND,AP_SAT,0> out_accum_t;
typedef ap_fixed<11,6,AP_RND,AP_SAT,0> result_t;
typedef ap_fixed<9,3,AP_RND,AP_SAT,0> out_weight_t;
typedef ap_fixed<8,3> out_bias_t;
typedef ap_uint<1> layer6_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
