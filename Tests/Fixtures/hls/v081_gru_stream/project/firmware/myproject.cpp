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
        nnet::load_weights_from_txt<l_weight_t, 27>(w2, "w2.txt");
        nnet::load_weights_from_txt<l_recurrent_weight_t, 27>(wr2, "wr2.txt");
        nnet::load_weights_from_txt<l_bias_t, 9>(b2, "b2.txt");
        nnet::load_weights_from_txt<l_recurrent_bias_t, 9>(br2, "br2.txt");
        loaded_weights = true;
    }
#endif

    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    nnet::gru_stack<input_t, result_t, config2>(input_1, layer2_out, w2, wr2, b2, br2); // l
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer2_out, "l", N_OUT_2);
#endif

}
