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
typedef ap_fixed<38,18> c1_accum_t;
typedef ap_fixed<38,18> c1_result_t;
typedef ap_fixed<16,6> c1_weight_t;
typedef ap_fixed<16,6> c1_bias_t;
typedef ap_fixed<16,6> layer4_t;
typedef ap_fixed<38,18> r1_param_t;
typedef ap_fixed<18,8> r1_table_t;
typedef ap_fixed<16,6> mp_accum_t;
typedef ap_fixed<16,6> layer5_t;
typedef ap_fixed<37,17> c2_accum_t;
typedef ap_fixed<37,17> c2_result_t;
typedef ap_fixed<16,6> c2_weight_t;
typedef ap_fixed<16,6> c2_bias_t;
typedef ap_ufixed<5,2,AP_RND,AP_SAT,0> layer7_t;
typedef ap_fixed<37,17> r2_param_t;
typedef ap_fixed<18,8> r2_table_t;
typedef ap_fixed<15,9> out_accum_t;
typedef ap_fixed<15,9> out_result_t;
typedef ap_fixed<5,2,AP_RND,AP_SAT,0> out_weight_t;
typedef ap_fixed<5,2> out_bias_t;
typedef ap_uint<1> layer9_index;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> sm_accum_t;
typedef ap_fixed<16,6> result_t;
typedef ap_fixed<18,8> sm_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> sm_exp_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> sm_inv_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> sm_inv_inp_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
