#ifndef DEFINES_H_
#define DEFINES_H_

#include "ap_fixed.h"
#include "ap_int.h"
#include "nnet_utils/nnet_types.h"
#include <cstddef>
#include <cstdio>

// hls-fpga-machine-learning insert numbers
#define N_INPUT_1_1 5
#define N_INPUT_2_1 5
#define N_INPUT_3_1 2
#define OUT_HEIGHT_4 3
#define OUT_WIDTH_4 3
#define N_CHAN_4 2
#define OUT_HEIGHT_5 3
#define OUT_WIDTH_5 3
#define N_FILT_5 3


// hls-fpga-machine-learning insert layer-precision
typedef ap_fixed<16,6> input_t;
typedef ap_fixed<16,6> model_default_t;
typedef ap_fixed<37,17> c_depthwise_result_t;
typedef ap_fixed<16,6> c_depthwise_weight_t;
typedef ap_uint<1> bias4_t;
typedef ap_fixed<55,25> result_t;
typedef ap_fixed<16,6> c_pointwise_weight_t;
typedef ap_fixed<16,6> c_pointwise_bias_t;


#endif
