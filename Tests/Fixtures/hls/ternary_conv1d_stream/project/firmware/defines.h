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
typedef nnet::array<ap_fixed<16,6>, 2*1> input_t;
typedef ap_fixed<16,6> model_default_t;
typedef nnet::array<ap_fixed<16,6>, 4*1> layer2_t;
typedef ap_int<2> weight2_t;
typedef nnet::array<ap_int<2>, 4*1> layer8_t;
typedef ap_fixed<16,6> threshold_hi_8_t;
typedef ap_fixed<16,6> threshold_lo_8_t;
typedef nnet::array<ap_fixed<16,6>, 3*1> layer5_t;
typedef ap_int<2> weight5_t;
typedef nnet::array<ap_fixed<16,6>, 3*1> result_t;
typedef ap_fixed<18,8> b1_table_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
