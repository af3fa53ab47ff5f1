#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t input_1[N_INPUT_1_1*N_INPUT_2_1*N_INPUT_3_1],
    result_t layer5_out[OUT_HEIGHT_5*OUT_WIDTH_5*N_FILT_5]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=input_1 complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=input_1,layer5_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<c_depthwise_weight_t, 18>(w4, "w4.txt");
        nnet::load_weights_from_txt<bias4_t, 2>(b4, "b4.txt");
        nnet::load_weights_from_txt<c_pointwise_weight_t, 6>(w5, "w5.txt");
        nnet::load_weights_from_txt<c_pointwise_bias_t, 3>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    c_depthwise_result_t layer4_out[OUT_HEIGHT_4*OUT_WIDTH_4*N_CHAN_4];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0
    nnet::depthwise_conv_2d_cl<input_t, c_depthwise_result_t, config4>(input_1, layer4_out, w4, b4); // c_depthwise
#ifndef __SYNTHESIS__
    nnet::save_layer_output<c_depthwise_result_t>(layer4_out, "c_depthwise", OUT_HEIGHT_4*OUT_WIDTH_4*N_CHAN_4);
#endif

    nnet::pointwise_conv_2d_cl<c_depthwise_result_t, result_t, config6>(layer4_out, layer5_out, w5, b5); // c_pointwise
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "c_pointwise", OUT_HEIGHT_5*OUT_WIDTH_5*N_FILT_5);
#endif

}

