#ifndef PARAMETERS_H_
#define PARAMETERS_H_

#include "ap_fixed.h"
#include "ap_int.h"

#include "nnet_utils/nnet_code_gen.h"
#include "nnet_utils/nnet_helpers.h"
// hls-fpga-machine-learning insert includes
#include "nnet_utils/nnet_activation.h"
#include "nnet_utils/nnet_activation_stream.h"

// hls-fpga-machine-learning insert weights


// hls-fpga-machine-learning insert layer-config
// s2
struct softmax_config2 : nnet::activ_config {
    static const unsigned n_in = 60;
    static const unsigned n_slice = 3;
    static const unsigned n_outer = 4;
    static const unsigned n_inner = 5;
    static const unsigned parallelization_factor = -1;
    static const unsigned exp_table_size = 1024;
    static const unsigned inv_table_size = 1024;
    static const unsigned io_type = nnet::io_parallel;
    static const unsigned reuse_factor = 1;
    static const unsigned axis = -2;
    static const nnet::softmax_implementation implementation = nnet::softmax_implementation::stable;
    static constexpr float exp_scale = 1.0;
    typedef s2_exp_table_t exp_table_t;
    typedef s2_inv_table_t inv_table_t;
    typedef s2_accum_t accum_t;
    typedef s2_inv_inp_t inv_inp_t;
    typedef ap_ufixed<15, 5> inp_norm_t;
};

// s1
struct softmax_config3 : nnet::activ_config {
    static const unsigned n_in = 60;
    static const unsigned n_slice = 5;
    static const unsigned n_outer = 12;
    static const unsigned n_inner = 1;
    static const unsigned parallelization_factor = -1;
    static const unsigned exp_table_size = 1024;
    static const unsigned inv_table_size = 1024;
    static const unsigned io_type = nnet::io_parallel;
    static const unsigned reuse_factor = 1;
    static const unsigned axis = -1;
    static const nnet::softmax_implementation implementation = nnet::softmax_implementation::stable;
    static constexpr float exp_scale = 1.0;
    typedef s1_exp_table_t exp_table_t;
    typedef s1_inv_table_t inv_table_t;
    typedef s1_accum_t accum_t;
    typedef s1_inv_inp_t inv_inp_t;
    typedef ap_ufixed<15, 5> inp_norm_t;
};



#endif
