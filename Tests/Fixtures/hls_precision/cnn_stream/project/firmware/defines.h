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
typedef nnet::array<ap_fixed<14,6>, 2*1> input_t;
typedef nnet::array<ap_fixed<14,6>, 2*1> layer14_t;
typedef ap_fixed<34,18> c1_accum_t;
typedef nnet::array<ap_fixed<34,18>, 4*1> c1_result_t;
typedef ap_fixed<14,6> c1_weight_t;
typedef ap_fixed<14,6> c1_bias_t;
typedef nnet::array<ap_fixed<14,6>, 4*1> layer3_t;
typedef ap_fixed<34,18> r1_param_t;
typedef ap_fixed<18,8> r1_table_t;
typedef nnet::array<ap_fixed<14,6>, 4*1> layer15_t;
typedef ap_fixed<35,19> c2_accum_t;
typedef nnet::array<ap_fixed<35,19>, 4*1> c2_result_t;
typedef ap_fixed<14,6> c2_weight_t;
typedef ap_fixed<14,6> c2_bias_t;
typedef nnet::array<ap_fixed<14,6>, 4*1> layer5_t;
typedef ap_fixed<35,19> r2_param_t;
typedef ap_fixed<18,8> r2_table_t;
typedef ap_fixed<31,15> c3_accum_t;
typedef nnet::array<ap_fixed<31,15>, 4*1> c3_result_t;
typedef ap_fixed<14,6> c3_weight_t;
typedef ap_fixed<14,6> c3_bias_t;
typedef nnet::array<ap_fixed<32,16>, 4*1> add_result_t;
typedef ap_fixed<36,18> ap_accum_t;
typedef nnet::array<ap_fixed<32,16>, 4*1> layer8_t;
typedef ap_fixed<51,27> c4_accum_t;
typedef nnet::array<ap_fixed<51,27>, 3*1> c4_result_t;
typedef ap_fixed<14,6> c4_weight_t;
typedef ap_fixed<14,6> c4_bias_t;
typedef nnet::array<ap_fixed<14,6>, 3*1> layer10_t;
typedef ap_fixed<51,27> r3_param_t;
typedef ap_fixed<18,8> r3_table_t;
typedef ap_fixed<14,6> gap_accum_t;
typedef nnet::array<ap_fixed<14,6>, 3*1> layer11_t;
typedef ap_fixed<31,15> out_accum_t;
typedef nnet::array<ap_fixed<31,15>, 3*1> result_t;
typedef ap_fixed<14,6> out_weight_t;
typedef ap_fixed<14,6> out_bias_t;
typedef ap_uint<1> layer12_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
