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
typedef nnet::array<ap_fixed<16,6>, 3*1> input_t;
typedef ap_fixed<35,15> dw_accum_t;
typedef nnet::array<ap_fixed<35,15>, 3*1> dw_result_t;
typedef ap_fixed<16,6> dw_weight_t;
typedef ap_fixed<16,6> dw_bias_t;
typedef ap_fixed<54,24> pw_accum_t;
typedef nnet::array<ap_fixed<54,24>, 4*1> pw_result_t;
typedef ap_fixed<16,6> pw_weight_t;
typedef ap_fixed<16,6> pw_bias_t;
typedef nnet::array<ap_fixed<16,6>, 4*1> layer4_t;
typedef ap_fixed<54,24> pr_param_t;
typedef ap_fixed<18,8> pr_table_t;
typedef ap_fixed<16,6> mp_accum_t;
typedef nnet::array<ap_fixed<16,6>, 4*1> layer5_t;
typedef ap_fixed<36,16> c2_accum_t;
typedef nnet::array<ap_fixed<36,16>, 3*1> c2_result_t;
typedef ap_fixed<16,6> c2_weight_t;
typedef ap_fixed<16,6> c2_bias_t;
typedef nnet::array<ap_fixed<16,6>, 3*1> layer7_t;
typedef ap_ufixed<8,-1> lr_param_t;
typedef ap_fixed<18,8> lr_table_t;
typedef ap_fixed<37,17> out_accum_t;
typedef nnet::array<ap_fixed<37,17>, 2*1> result_t;
typedef ap_fixed<16,6> out_weight_t;
typedef ap_fixed<16,6> out_bias_t;
typedef ap_uint<1> layer9_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
