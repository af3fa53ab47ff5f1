//
//    rfnoc-hls-neuralnet: Vivado HLS code for neural-net building blocks
//
//    Copyright (C) 2017 EJ Kreinar
//
//    This program is free software: you can redistribute it and/or modify
//    it under the terms of the GNU General Public License as published by
//    the Free Software Foundation, either version 3 of the License, or
//    (at your option) any later version.
//
//    This program is distributed in the hope that it will be useful,
//    but WITHOUT ANY WARRANTY; without even the implied warranty of
//    MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
//    GNU General Public License for more details.
//
//    You should have received a copy of the GNU General Public License
//    along with this program.  If not, see <http://www.gnu.org/licenses/>.
//
#include <iostream>

#include "myproject.h"
#include "parameters.h"

void myproject(
    input_t input_1[N_INPUT_1_1],
    layer6_t layer6_out[N_LAYER_6],
    unsigned short &const_size_in_1,
    unsigned short &const_size_out_1
) {

    //hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=input_1 complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer6_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=input_1,layer6_out 
    #pragma HLS PIPELINE 

    const_size_in_1 = N_INPUT_1_1;
    const_size_out_1 = N_LAYER_6;

#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        //hls-fpga-machine-learning insert load weights
        nnet::load_weights_from_txt<weight2_t, 30>(w2, "w2.txt");
        nnet::load_weights_from_txt<model_default_t, 5>(b2, "b2.txt");
        nnet::load_weights_from_txt<threshold8_t, 5>(t8, "t8.txt");
        nnet::load_weights_from_txt<weight6_t, 15>(w6, "w6.txt");
        nnet::load_weights_from_txt<model_default_t, 3>(b6, "b6.txt");
        loaded_weights = true;
    }
#endif

    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    //hls-fpga-machine-learning insert layers

    layer2_t layer2_out[N_LAYER_2];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0
    nnet::dense<input_t, layer2_t, config2>(input_1, layer2_out, w2, b2); // q1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "q1", N_LAYER_2);
#endif

    layer8_t layer8_out[N_LAYER_2];
    #pragma HLS ARRAY_PARTITION variable=layer8_out complete dim=0
    nnet::normalize_binary_tanh<layer2_t, config8>(layer2_out, layer8_out, t8); // bnbt_q2
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer8_t>(layer8_out, "bnbt_q2", N_LAYER_2);
#endif

    nnet::dense<layer8_t, layer6_t, config6>(layer8_out, layer6_out, w6, b6); // q4
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer6_t>(layer6_out, "q4", N_LAYER_6);
#endif

}
