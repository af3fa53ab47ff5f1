#include <iostream>

#include "myproject.h"
#include "parameters.h"

void myproject(
    hls::stream<input_t> &input_1,
    hls::stream<result_t> &layer5_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=input_1,layer5_out 
    #pragma HLS DATAFLOW 

#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        // hls-fpga-machine-learning insert load weights
        nnet::load_weights_from_txt<d1_weight_t, 30>(w2, "w2.txt");
        nnet::load_weights_from_txt<d1_bias_t, 5>(b2, "b2.txt");
        nnet::load_weights_from_txt<d2_weight_t, 15>(w5, "w5.txt");
        nnet::load_weights_from_txt<d2_bias_t, 3>(b5, "b5.txt");
        loaded_weights = true;
    }
#endif

    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer2_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=1
    nnet::dense<input_t, layer2_t, config2>(input_1, layer2_out, w2, b2); // d1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "d1", N_LAYER_2);
#endif

    hls::stream<layer4_t> layer4_out("layer4_out");
    #pragma HLS STREAM variable=layer4_out depth=1
    nnet::relu<layer2_t, layer4_t, ReLU_config4>(layer2_out, layer4_out); // r1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer4_t>(layer4_out, "r1", N_LAYER_2);
#endif

    nnet::dense<layer4_t, result_t, config5>(layer4_out, layer5_out, w5, b5); // d2
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d2", N_LAYER_5);
#endif

}
