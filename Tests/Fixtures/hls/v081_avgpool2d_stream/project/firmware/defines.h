#ifndef DEFINES_H_
#define DEFINES_H_

#include "ap_fixed.h"
#include "ap_int.h"
#include "nnet_utils/nnet_types.h"
#include <cstddef>
#include <cstdio>

// hls-fpga-machine-learning insert numbers
#define N_INPUT_1_1 6
#define N_INPUT_2_1 6
#define N_INPUT_3_1 2
#define OUT_HEIGHT_2 2
#define OUT_WIDTH_2 2
#define N_FILT_2 2

// hls-fpga-machine-learning insert layer-precision
typedef nnet::array<ap_fixed<16,6>, 2*1> input_t;
typedef ap_fixed<16,9> model_default_t;
typedef nnet::array<ap_fixed<16,6>, 2*1> result_t;

#endif
