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
typedef nnet::array<ap_uint<3>, 5*1> input_t;
typedef nnet::array<ap_fixed<16,6>, 4*1> emb_result_t;
typedef ap_fixed<16,6> emb_embeddings_t;
typedef ap_fixed<36,16> c_accum_t;
typedef nnet::array<ap_fixed<36,16>, 3*1> c_result_t;
typedef ap_fixed<16,6> c_weight_t;
typedef ap_fixed<16,6> c_bias_t;
typedef ap_fixed<57,27> d_accum_t;
typedef nnet::array<ap_fixed<57,27>, 3*1> result_t;
typedef ap_fixed<16,6> d_weight_t;
typedef ap_fixed<16,6> d_bias_t;
typedef ap_uint<1> layer5_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
