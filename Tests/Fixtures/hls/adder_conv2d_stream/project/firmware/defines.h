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
typedef nnet::array<ap_fixed<8,4>, 2*1> input_t;
typedef ap_fixed<17,10> c_accum_t;
typedef nnet::array<ap_fixed<9,5,AP_RND,AP_SAT,0>, 2*1> layer2_t;
typedef ap_fixed<5,2,AP_RND,AP_SAT,0> c_weight_t;
typedef ap_fixed<6,2,AP_RND,AP_SAT,0> c_bias_t;
typedef nnet::array<ap_fixed<8,4>, 2*1> layer3_t;
typedef ap_fixed<18,8> r_table_t;
typedef ap_fixed<19,12> d_accum_t;
typedef nnet::array<ap_fixed<9,5,AP_RND,AP_SAT,0>, 2*1> result_t;
typedef ap_uint<1> layer5_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
