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
typedef ap_fixed<16,6> input_t;
typedef ap_fixed<16,6> mp_accum_t;
typedef ap_fixed<16,6> layer2_t;
typedef ap_fixed<18,7> ap_accum_t;
typedef ap_fixed<16,6> layer3_t;
typedef ap_fixed<16,6> cat_result_t;
typedef ap_fixed<16,6> layer5_t;
typedef ap_fixed<37,17> u_0_accum_t;
typedef ap_fixed<37,17> u_0_result_t;
typedef ap_fixed<16,6> u_0_weight_t;
typedef ap_fixed<16,6> u_0_bias_t;
typedef ap_uint<1> layer7_index;
typedef ap_fixed<37,17> v_accum_t;
typedef ap_fixed<37,17> v_result_t;
typedef ap_fixed<16,6> v_weight_t;
typedef ap_fixed<16,6> v_bias_t;
typedef ap_uint<1> layer8_index;
typedef ap_fixed<14,7,AP_RND,AP_SAT,0> dot_accum_t;
typedef ap_fixed<20,9> result_t;

// hls-fpga-machine-learning insert emulator-defines


#endif
