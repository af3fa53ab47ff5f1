#ifndef NNET_INSTR_GEN_H_
#define NNET_INSTR_GEN_H_

#include "nnet_conv1d_latency.h"
#include "nnet_helpers.h"

#include "hls_stream.h"
#include "nnet_common.h"
#include "nnet_function_stubs.h"
#include "nnet_mult.h"

namespace nnet {

template <class data_T, class res_T, typename CONFIG_T> class PointwiseConv1D {
  public:
    static void pointwise_conv(data_T data[CONFIG_T::in_width * CONFIG_T::n_chan],
                               res_T res[CONFIG_T::out_width * CONFIG_T::n_filt],
                               typename CONFIG_T::weight_t weights[CONFIG_T::n_chan * CONFIG_T::n_filt],
                               typename CONFIG_T::bias_t biases[CONFIG_T::n_filt]) {
        // To be implemented in subclasses
    }
};

// hls4ml insert code
template<class data_T, typename CONFIG_T>
class fill_buffer_4 : public nnet::FillConv2DBuffer<data_T, CONFIG_T> {
    public:
    static void fill_buffer(
        data_T data[CONFIG_T::in_height * CONFIG_T::in_width * CONFIG_T::n_chan],
        data_T buffer[CONFIG_T::n_pixels][CONFIG_T::filt_height * CONFIG_T::filt_width * CONFIG_T::n_chan],
        const unsigned partition
    ) {
        if (partition ==   0) {
            buffer[0][0] =    data[0]; buffer[0][1] =    data[1]; buffer[0][2] =    data[2]; buffer[0][3] =    data[3]; buffer[0][4] =    data[4]; buffer[0][5] =    data[5]; buffer[0][6] =   data[10]; buffer[0][7] =   data[11]; buffer[0][8] =   data[12]; buffer[0][9] =   data[13]; buffer[0][10] =   data[14]; buffer[0][11] =   data[15]; buffer[0][12] =   data[20]; buffer[0][13] =   data[21]; buffer[0][14] =   data[22]; buffer[0][15] =   data[23]; buffer[0][16] =   data[24]; buffer[0][17] =   data[25];

        }
        if (partition ==   1) {
            buffer[0][0] =    data[2]; buffer[0][1] =    data[3]; buffer[0][2] =    data[4]; buffer[0][3] =    data[5]; buffer[0][4] =    data[6]; buffer[0][5] =    data[7]; buffer[0][6] =   data[12]; buffer[0][7] =   data[13]; buffer[0][8] =   data[14]; buffer[0][9] =   data[15]; buffer[0][10] =   data[16]; buffer[0][11] =   data[17]; buffer[0][12] =   data[22]; buffer[0][13] =   data[23]; buffer[0][14] =   data[24]; buffer[0][15] =   data[25]; buffer[0][16] =   data[26]; buffer[0][17] =   data[27];

        }
        if (partition ==   2) {
            buffer[0][0] =    data[4]; buffer[0][1] =    data[5]; buffer[0][2] =    data[6]; buffer[0][3] =    data[7]; buffer[0][4] =    data[8]; buffer[0][5] =    data[9]; buffer[0][6] =   data[14]; buffer[0][7] =   data[15]; buffer[0][8] =   data[16]; buffer[0][9] =   data[17]; buffer[0][10] =   data[18]; buffer[0][11] =   data[19]; buffer[0][12] =   data[24]; buffer[0][13] =   data[25]; buffer[0][14] =   data[26]; buffer[0][15] =   data[27]; buffer[0][16] =   data[28]; buffer[0][17] =   data[29];

        }
        if (partition ==   3) {
            buffer[0][0] =   data[10]; buffer[0][1] =   data[11]; buffer[0][2] =   data[12]; buffer[0][3] =   data[13]; buffer[0][4] =   data[14]; buffer[0][5] =   data[15]; buffer[0][6] =   data[20]; buffer[0][7] =   data[21]; buffer[0][8] =   data[22]; buffer[0][9] =   data[23]; buffer[0][10] =   data[24]; buffer[0][11] =   data[25]; buffer[0][12] =   data[30]; buffer[0][13] =   data[31]; buffer[0][14] =   data[32]; buffer[0][15] =   data[33]; buffer[0][16] =   data[34]; buffer[0][17] =   data[35];

        }
        if (partition ==   4) {
            buffer[0][0] =   data[12]; buffer[0][1] =   data[13]; buffer[0][2] =   data[14]; buffer[0][3] =   data[15]; buffer[0][4] =   data[16]; buffer[0][5] =   data[17]; buffer[0][6] =   data[22]; buffer[0][7] =   data[23]; buffer[0][8] =   data[24]; buffer[0][9] =   data[25]; buffer[0][10] =   data[26]; buffer[0][11] =   data[27]; buffer[0][12] =   data[32]; buffer[0][13] =   data[33]; buffer[0][14] =   data[34]; buffer[0][15] =   data[35]; buffer[0][16] =   data[36]; buffer[0][17] =   data[37];

        }
        if (partition ==   5) {
            buffer[0][0] =   data[14]; buffer[0][1] =   data[15]; buffer[0][2] =   data[16]; buffer[0][3] =   data[17]; buffer[0][4] =   data[18]; buffer[0][5] =   data[19]; buffer[0][6] =   data[24]; buffer[0][7] =   data[25]; buffer[0][8] =   data[26]; buffer[0][9] =   data[27]; buffer[0][10] =   data[28]; buffer[0][11] =   data[29]; buffer[0][12] =   data[34]; buffer[0][13] =   data[35]; buffer[0][14] =   data[36]; buffer[0][15] =   data[37]; buffer[0][16] =   data[38]; buffer[0][17] =   data[39];

        }
        if (partition ==   6) {
            buffer[0][0] =   data[20]; buffer[0][1] =   data[21]; buffer[0][2] =   data[22]; buffer[0][3] =   data[23]; buffer[0][4] =   data[24]; buffer[0][5] =   data[25]; buffer[0][6] =   data[30]; buffer[0][7] =   data[31]; buffer[0][8] =   data[32]; buffer[0][9] =   data[33]; buffer[0][10] =   data[34]; buffer[0][11] =   data[35]; buffer[0][12] =   data[40]; buffer[0][13] =   data[41]; buffer[0][14] =   data[42]; buffer[0][15] =   data[43]; buffer[0][16] =   data[44]; buffer[0][17] =   data[45];

        }
        if (partition ==   7) {
            buffer[0][0] =   data[22]; buffer[0][1] =   data[23]; buffer[0][2] =   data[24]; buffer[0][3] =   data[25]; buffer[0][4] =   data[26]; buffer[0][5] =   data[27]; buffer[0][6] =   data[32]; buffer[0][7] =   data[33]; buffer[0][8] =   data[34]; buffer[0][9] =   data[35]; buffer[0][10] =   data[36]; buffer[0][11] =   data[37]; buffer[0][12] =   data[42]; buffer[0][13] =   data[43]; buffer[0][14] =   data[44]; buffer[0][15] =   data[45]; buffer[0][16] =   data[46]; buffer[0][17] =   data[47];

        }
        if (partition ==   8) {
            buffer[0][0] =   data[24]; buffer[0][1] =   data[25]; buffer[0][2] =   data[26]; buffer[0][3] =   data[27]; buffer[0][4] =   data[28]; buffer[0][5] =   data[29]; buffer[0][6] =   data[34]; buffer[0][7] =   data[35]; buffer[0][8] =   data[36]; buffer[0][9] =   data[37]; buffer[0][10] =   data[38]; buffer[0][11] =   data[39]; buffer[0][12] =   data[44]; buffer[0][13] =   data[45]; buffer[0][14] =   data[46]; buffer[0][15] =   data[47]; buffer[0][16] =   data[48]; buffer[0][17] =   data[49];

        }
    }
};
template<class data_T, typename CONFIG_T>
class fill_buffer_6 : public nnet::FillConv2DBuffer<data_T, CONFIG_T> {
    public:
    static void fill_buffer(
        data_T data[CONFIG_T::in_height * CONFIG_T::in_width * CONFIG_T::n_chan],
        data_T buffer[CONFIG_T::n_pixels][CONFIG_T::filt_height * CONFIG_T::filt_width * CONFIG_T::n_chan],
        const unsigned partition
    ) {
        if (partition ==   0) {
            buffer[0][0] =    data[0]; buffer[0][1] =    data[1];

        }
        if (partition ==   1) {
            buffer[0][0] =    data[2]; buffer[0][1] =    data[3];

        }
        if (partition ==   2) {
            buffer[0][0] =    data[4]; buffer[0][1] =    data[5];

        }
        if (partition ==   3) {
            buffer[0][0] =    data[6]; buffer[0][1] =    data[7];

        }
        if (partition ==   4) {
            buffer[0][0] =    data[8]; buffer[0][1] =    data[9];

        }
        if (partition ==   5) {
            buffer[0][0] =   data[10]; buffer[0][1] =   data[11];

        }
        if (partition ==   6) {
            buffer[0][0] =   data[12]; buffer[0][1] =   data[13];

        }
        if (partition ==   7) {
            buffer[0][0] =   data[14]; buffer[0][1] =   data[15];

        }
        if (partition ==   8) {
            buffer[0][0] =   data[16]; buffer[0][1] =   data[17];

        }
    }
};

} // namespace nnet

#endif
