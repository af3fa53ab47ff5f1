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
typedef ap_fixed<11,4> inp_t;
typedef ap_fixed<10,4> q1_iq_t;
typedef ap_fixed<17,5> q1_accum_t;
typedef ap_fixed<12,5> q1_t;
typedef ap_ufixed<9,2> q1_relu_t;
typedef ap_fixed<18,8> q1_relu_table_t;
typedef ap_fixed<18,6> q3_accum_t;
typedef ap_fixed<18,6> result_t;
typedef ap_uint<1> layer7_index;

// hls-fpga-machine-learning insert emulator-defines


#endif
