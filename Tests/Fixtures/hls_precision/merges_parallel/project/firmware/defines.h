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
typedef ap_fixed<12,5> input_t;
typedef ap_fixed<28,14> a_accum_t;
typedef ap_fixed<28,14> a_result_t;
typedef ap_fixed<12,5> a_weight_t;
typedef ap_fixed<12,5> a_bias_t;
typedef ap_uint<1> layer2_index;
typedef ap_fixed<28,14> b_accum_t;
typedef ap_fixed<28,14> b_result_t;
typedef ap_fixed<12,5> b_weight_t;
typedef ap_fixed<12,5> b_bias_t;
typedef ap_uint<1> layer3_index;
typedef ap_fixed<12,5> layer4_t;
typedef ap_fixed<28,14> ra_param_t;
typedef ap_fixed<18,8> ra_table_t;
typedef ap_fixed<12,5> layer5_t;
typedef ap_fixed<18,8> tb_table_t;
typedef ap_fixed<13,6> add_result_t;
typedef ap_fixed<24,10> mul_result_t;
typedef ap_fixed<25,11> sub_result_t;
typedef ap_fixed<25,11> mx_result_t;
typedef ap_fixed<25,11> mn_result_t;
typedef ap_fixed<26,12> av_result_t;
typedef ap_fixed<26,12> cat_result_t;
typedef ap_fixed<43,22> h_accum_t;
typedef ap_fixed<43,22> h_result_t;
typedef ap_fixed<12,5> h_weight_t;
typedef ap_fixed<12,5> h_bias_t;
typedef ap_uint<1> layer13_index;
typedef ap_fixed<12,5> layer14_t;
typedef ap_fixed<43,22> rh_param_t;
typedef ap_fixed<18,8> rh_table_t;
typedef ap_fixed<28,14> out_accum_t;
typedef ap_fixed<28,14> result_t;
typedef ap_fixed<12,5> out_weight_t;
typedef ap_fixed<12,5> out_bias_t;
typedef ap_uint<1> layer15_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
