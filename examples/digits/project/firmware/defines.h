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
typedef ap_ufixed<6,1> input_t;
typedef ap_fixed<20,10> hidden1_accum_t;
typedef ap_fixed<20,10> hidden1_result_t;
typedef ap_fixed<7,2,AP_RND,AP_SAT,0> hidden1_weight_t;
typedef ap_fixed<8,3> hidden1_bias_t;
typedef ap_uint<1> layer2_index;
typedef ap_ufixed<8,4,AP_RND,AP_SAT,0> layer3_t;
typedef ap_fixed<20,10> relu1_param_t;
typedef ap_fixed<18,8> relu1_table_t;
typedef ap_fixed<21,12> hidden2_accum_t;
typedef ap_fixed<21,12> hidden2_result_t;
typedef ap_fixed<7,2,AP_RND,AP_SAT,0> hidden2_weight_t;
typedef ap_fixed<8,3> hidden2_bias_t;
typedef ap_uint<1> layer4_index;
typedef ap_ufixed<8,4,AP_RND,AP_SAT,0> layer5_t;
typedef ap_fixed<21,12> relu2_param_t;
typedef ap_fixed<18,8> relu2_table_t;
typedef ap_fixed<20,11> scores_accum_t;
typedef ap_fixed<20,11> scores_result_t;
typedef ap_fixed<7,2,AP_RND,AP_SAT,0> scores_weight_t;
typedef ap_fixed<8,3> scores_bias_t;
typedef ap_uint<1> layer6_index;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> classes_accum_t;
typedef ap_fixed<10,4> result_t;
typedef ap_fixed<18,8> classes_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> classes_exp_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> classes_inv_table_t;
typedef ap_fixed<18,8,AP_RND,AP_SAT,0> classes_inv_inp_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
