#ifndef DEFINES_H_
#define DEFINES_H_

#include "ap_fixed.h"
#include "ap_int.h"
#include "nnet_utils/nnet_types.h"
#include <cstddef>
#include <cstdio>

// hls-fpga-machine-learning insert numbers
#define N_INPUT_1_1 4
#define N_INPUT_2_1 3
#define N_OUT_2 3


// hls-fpga-machine-learning insert layer-precision
typedef nnet::array<ap_fixed<16,6>, 3*1> input_t;
typedef ap_fixed<16,6> model_default_t;
typedef nnet::array<ap_fixed<16,6>, 3*1> result_t;
typedef ap_fixed<16,6> l_weight_t;
typedef ap_fixed<16,6> l_recurrent_weight_t;
typedef ap_fixed<16,6> l_bias_t;
typedef ap_fixed<16,6> l_recurrent_bias_t;
typedef ap_fixed<18,8> l_table_t;
typedef ap_uint<1> layer2_index;


#endif
