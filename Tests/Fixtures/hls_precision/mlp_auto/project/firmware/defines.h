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
typedef ap_fixed<36,16> fc1_accum_t;
typedef ap_fixed<36,16> fc1_result_t;
typedef ap_fixed<16,6> fc1_weight_t;
typedef ap_fixed<16,6> fc1_bias_t;
typedef ap_uint<1> layer2_index;
typedef ap_fixed<16,6> layer3_t;
typedef ap_fixed<36,16> act1_param_t;
typedef ap_fixed<18,8> act1_table_t;
typedef ap_fixed<37,17> fc2_accum_t;
typedef ap_fixed<37,17> fc2_result_t;
typedef ap_fixed<16,6> fc2_weight_t;
typedef ap_fixed<16,6> fc2_bias_t;
typedef ap_uint<1> layer4_index;
typedef ap_fixed<5,1,AP_RND,AP_SAT,0> layer5_t;
typedef ap_fixed<18,8> act2_table_t;
typedef ap_fixed<14,6> out_accum_t;
typedef ap_fixed<14,6> out_result_t;
typedef ap_fixed<5,1,AP_RND,AP_SAT,0> out_weight_t;
typedef ap_fixed<5,1> out_bias_t;
typedef ap_uint<1> layer6_index;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> last_accum_t;
typedef ap_fixed<16,6> result_t;
typedef ap_fixed<18,8> last_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> last_exp_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> last_inv_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> last_inv_inp_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
