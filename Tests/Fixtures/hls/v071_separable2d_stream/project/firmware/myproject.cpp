#include <iostream>

#include "myproject.h"
#include "parameters.h"

void myproject(
    hls::stream<input_t> &input_1,
    hls::stream<result_t> &layer2_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=input_1,layer2_out 
    #pragma HLS DATAFLOW 

#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        // hls-fpga-machine-learning insert load weights
        nnet::load_weights_from_txt<c_depthwise_t, 18>(d2, "d2.txt");
        nnet::load_weights_from_txt<c_pointwise_t, 6>(p2, "p2.txt");
        nnet::load_weights_from_txt<zero_bias2_t, 2>(z2, "z2.txt");
        nnet::load_weights_from_txt<c_bias_t, 3>(b2, "b2.txt");
        loaded_weights = true;
    }
#endif

    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    nnet::separable_conv_2d_cl<input_t, result_t, config2>(input_1, layer2_out, d2, p2, z2, b2); // c
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer2_out, "c", OUT_HEIGHT_2*OUT_WIDTH_2*N_FILT_2);
#endif

}
