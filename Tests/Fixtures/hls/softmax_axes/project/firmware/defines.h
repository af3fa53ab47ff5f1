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
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s2_accum_t;
typedef ap_fixed<16,6> layer2_t;
typedef ap_fixed<18,8> s2_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s2_exp_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s2_inv_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s2_inv_inp_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s1_accum_t;
typedef ap_fixed<16,6> layer3_t;
typedef ap_fixed<18,8> s1_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s1_exp_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s1_inv_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> s1_inv_inp_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
