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
class fill_buffer_2 : public nnet::FillConv2DBuffer<data_T, CONFIG_T> {
    public:
    static void fill_buffer(
        data_T data[CONFIG_T::in_height * CONFIG_T::in_width * CONFIG_T::n_chan],
        data_T buffer[CONFIG_T::n_pixels][CONFIG_T::filt_height * CONFIG_T::filt_width * CONFIG_T::n_chan],
        const unsigned partition
    ) {
        if (partition ==   0) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =          0; buffer[0][3] =          0; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =          0; buffer[0][7] =          0; buffer[0][8] =    data[0]; buffer[0][9] =    data[1]; buffer[0][10] =    data[2]; buffer[0][11] =    data[3]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =   data[10]; buffer[0][15] =   data[11]; buffer[0][16] =   data[12]; buffer[0][17] =   data[13];

        }
        if (partition ==   1) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =          0; buffer[0][3] =          0; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =    data[0]; buffer[0][7] =    data[1]; buffer[0][8] =    data[2]; buffer[0][9] =    data[3]; buffer[0][10] =    data[4]; buffer[0][11] =    data[5]; buffer[0][12] =   data[10]; buffer[0][13] =   data[11]; buffer[0][14] =   data[12]; buffer[0][15] =   data[13]; buffer[0][16] =   data[14]; buffer[0][17] =   data[15];

        }
        if (partition ==   2) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =          0; buffer[0][3] =          0; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =    data[2]; buffer[0][7] =    data[3]; buffer[0][8] =    data[4]; buffer[0][9] =    data[5]; buffer[0][10] =    data[6]; buffer[0][11] =    data[7]; buffer[0][12] =   data[12]; buffer[0][13] =   data[13]; buffer[0][14] =   data[14]; buffer[0][15] =   data[15]; buffer[0][16] =   data[16]; buffer[0][17] =   data[17];

        }
        if (partition ==   3) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =          0; buffer[0][3] =          0; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =    data[4]; buffer[0][7] =    data[5]; buffer[0][8] =    data[6]; buffer[0][9] =    data[7]; buffer[0][10] =    data[8]; buffer[0][11] =    data[9]; buffer[0][12] =   data[14]; buffer[0][13] =   data[15]; buffer[0][14] =   data[16]; buffer[0][15] =   data[17]; buffer[0][16] =   data[18]; buffer[0][17] =   data[19];

        }
        if (partition ==   4) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =          0; buffer[0][3] =          0; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =    data[6]; buffer[0][7] =    data[7]; buffer[0][8] =    data[8]; buffer[0][9] =    data[9]; buffer[0][10] =          0; buffer[0][11] =          0; buffer[0][12] =   data[16]; buffer[0][13] =   data[17]; buffer[0][14] =   data[18]; buffer[0][15] =   data[19]; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==   5) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =    data[0]; buffer[0][3] =    data[1]; buffer[0][4] =    data[2]; buffer[0][5] =    data[3]; buffer[0][6] =          0; buffer[0][7] =          0; buffer[0][8] =   data[10]; buffer[0][9] =   data[11]; buffer[0][10] =   data[12]; buffer[0][11] =   data[13]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =   data[20]; buffer[0][15] =   data[21]; buffer[0][16] =   data[22]; buffer[0][17] =   data[23];

        }
        if (partition ==   6) {
            buffer[0][0] =    data[0]; buffer[0][1] =    data[1]; buffer[0][2] =    data[2]; buffer[0][3] =    data[3]; buffer[0][4] =    data[4]; buffer[0][5] =    data[5]; buffer[0][6] =   data[10]; buffer[0][7] =   data[11]; buffer[0][8] =   data[12]; buffer[0][9] =   data[13]; buffer[0][10] =   data[14]; buffer[0][11] =   data[15]; buffer[0][12] =   data[20]; buffer[0][13] =   data[21]; buffer[0][14] =   data[22]; buffer[0][15] =   data[23]; buffer[0][16] =   data[24]; buffer[0][17] =   data[25];

        }
        if (partition ==   7) {
            buffer[0][0] =    data[2]; buffer[0][1] =    data[3]; buffer[0][2] =    data[4]; buffer[0][3] =    data[5]; buffer[0][4] =    data[6]; buffer[0][5] =    data[7]; buffer[0][6] =   data[12]; buffer[0][7] =   data[13]; buffer[0][8] =   data[14]; buffer[0][9] =   data[15]; buffer[0][10] =   data[16]; buffer[0][11] =   data[17]; buffer[0][12] =   data[22]; buffer[0][13] =   data[23]; buffer[0][14] =   data[24]; buffer[0][15] =   data[25]; buffer[0][16] =   data[26]; buffer[0][17] =   data[27];

        }
        if (partition ==   8) {
            buffer[0][0] =    data[4]; buffer[0][1] =    data[5]; buffer[0][2] =    data[6]; buffer[0][3] =    data[7]; buffer[0][4] =    data[8]; buffer[0][5] =    data[9]; buffer[0][6] =   data[14]; buffer[0][7] =   data[15]; buffer[0][8] =   data[16]; buffer[0][9] =   data[17]; buffer[0][10] =   data[18]; buffer[0][11] =   data[19]; buffer[0][12] =   data[24]; buffer[0][13] =   data[25]; buffer[0][14] =   data[26]; buffer[0][15] =   data[27]; buffer[0][16] =   data[28]; buffer[0][17] =   data[29];

        }
        if (partition ==   9) {
            buffer[0][0] =    data[6]; buffer[0][1] =    data[7]; buffer[0][2] =    data[8]; buffer[0][3] =    data[9]; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =   data[16]; buffer[0][7] =   data[17]; buffer[0][8] =   data[18]; buffer[0][9] =   data[19]; buffer[0][10] =          0; buffer[0][11] =          0; buffer[0][12] =   data[26]; buffer[0][13] =   data[27]; buffer[0][14] =   data[28]; buffer[0][15] =   data[29]; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  10) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =   data[10]; buffer[0][3] =   data[11]; buffer[0][4] =   data[12]; buffer[0][5] =   data[13]; buffer[0][6] =          0; buffer[0][7] =          0; buffer[0][8] =   data[20]; buffer[0][9] =   data[21]; buffer[0][10] =   data[22]; buffer[0][11] =   data[23]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =   data[30]; buffer[0][15] =   data[31]; buffer[0][16] =   data[32]; buffer[0][17] =   data[33];

        }
        if (partition ==  11) {
            buffer[0][0] =   data[10]; buffer[0][1] =   data[11]; buffer[0][2] =   data[12]; buffer[0][3] =   data[13]; buffer[0][4] =   data[14]; buffer[0][5] =   data[15]; buffer[0][6] =   data[20]; buffer[0][7] =   data[21]; buffer[0][8] =   data[22]; buffer[0][9] =   data[23]; buffer[0][10] =   data[24]; buffer[0][11] =   data[25]; buffer[0][12] =   data[30]; buffer[0][13] =   data[31]; buffer[0][14] =   data[32]; buffer[0][15] =   data[33]; buffer[0][16] =   data[34]; buffer[0][17] =   data[35];

        }
        if (partition ==  12) {
            buffer[0][0] =   data[12]; buffer[0][1] =   data[13]; buffer[0][2] =   data[14]; buffer[0][3] =   data[15]; buffer[0][4] =   data[16]; buffer[0][5] =   data[17]; buffer[0][6] =   data[22]; buffer[0][7] =   data[23]; buffer[0][8] =   data[24]; buffer[0][9] =   data[25]; buffer[0][10] =   data[26]; buffer[0][11] =   data[27]; buffer[0][12] =   data[32]; buffer[0][13] =   data[33]; buffer[0][14] =   data[34]; buffer[0][15] =   data[35]; buffer[0][16] =   data[36]; buffer[0][17] =   data[37];

        }
        if (partition ==  13) {
            buffer[0][0] =   data[14]; buffer[0][1] =   data[15]; buffer[0][2] =   data[16]; buffer[0][3] =   data[17]; buffer[0][4] =   data[18]; buffer[0][5] =   data[19]; buffer[0][6] =   data[24]; buffer[0][7] =   data[25]; buffer[0][8] =   data[26]; buffer[0][9] =   data[27]; buffer[0][10] =   data[28]; buffer[0][11] =   data[29]; buffer[0][12] =   data[34]; buffer[0][13] =   data[35]; buffer[0][14] =   data[36]; buffer[0][15] =   data[37]; buffer[0][16] =   data[38]; buffer[0][17] =   data[39];

        }
        if (partition ==  14) {
            buffer[0][0] =   data[16]; buffer[0][1] =   data[17]; buffer[0][2] =   data[18]; buffer[0][3] =   data[19]; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =   data[26]; buffer[0][7] =   data[27]; buffer[0][8] =   data[28]; buffer[0][9] =   data[29]; buffer[0][10] =          0; buffer[0][11] =          0; buffer[0][12] =   data[36]; buffer[0][13] =   data[37]; buffer[0][14] =   data[38]; buffer[0][15] =   data[39]; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  15) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =   data[20]; buffer[0][3] =   data[21]; buffer[0][4] =   data[22]; buffer[0][5] =   data[23]; buffer[0][6] =          0; buffer[0][7] =          0; buffer[0][8] =   data[30]; buffer[0][9] =   data[31]; buffer[0][10] =   data[32]; buffer[0][11] =   data[33]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =   data[40]; buffer[0][15] =   data[41]; buffer[0][16] =   data[42]; buffer[0][17] =   data[43];

        }
        if (partition ==  16) {
            buffer[0][0] =   data[20]; buffer[0][1] =   data[21]; buffer[0][2] =   data[22]; buffer[0][3] =   data[23]; buffer[0][4] =   data[24]; buffer[0][5] =   data[25]; buffer[0][6] =   data[30]; buffer[0][7] =   data[31]; buffer[0][8] =   data[32]; buffer[0][9] =   data[33]; buffer[0][10] =   data[34]; buffer[0][11] =   data[35]; buffer[0][12] =   data[40]; buffer[0][13] =   data[41]; buffer[0][14] =   data[42]; buffer[0][15] =   data[43]; buffer[0][16] =   data[44]; buffer[0][17] =   data[45];

        }
        if (partition ==  17) {
            buffer[0][0] =   data[22]; buffer[0][1] =   data[23]; buffer[0][2] =   data[24]; buffer[0][3] =   data[25]; buffer[0][4] =   data[26]; buffer[0][5] =   data[27]; buffer[0][6] =   data[32]; buffer[0][7] =   data[33]; buffer[0][8] =   data[34]; buffer[0][9] =   data[35]; buffer[0][10] =   data[36]; buffer[0][11] =   data[37]; buffer[0][12] =   data[42]; buffer[0][13] =   data[43]; buffer[0][14] =   data[44]; buffer[0][15] =   data[45]; buffer[0][16] =   data[46]; buffer[0][17] =   data[47];

        }
        if (partition ==  18) {
            buffer[0][0] =   data[24]; buffer[0][1] =   data[25]; buffer[0][2] =   data[26]; buffer[0][3] =   data[27]; buffer[0][4] =   data[28]; buffer[0][5] =   data[29]; buffer[0][6] =   data[34]; buffer[0][7] =   data[35]; buffer[0][8] =   data[36]; buffer[0][9] =   data[37]; buffer[0][10] =   data[38]; buffer[0][11] =   data[39]; buffer[0][12] =   data[44]; buffer[0][13] =   data[45]; buffer[0][14] =   data[46]; buffer[0][15] =   data[47]; buffer[0][16] =   data[48]; buffer[0][17] =   data[49];

        }
        if (partition ==  19) {
            buffer[0][0] =   data[26]; buffer[0][1] =   data[27]; buffer[0][2] =   data[28]; buffer[0][3] =   data[29]; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =   data[36]; buffer[0][7] =   data[37]; buffer[0][8] =   data[38]; buffer[0][9] =   data[39]; buffer[0][10] =          0; buffer[0][11] =          0; buffer[0][12] =   data[46]; buffer[0][13] =   data[47]; buffer[0][14] =   data[48]; buffer[0][15] =   data[49]; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  20) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =   data[30]; buffer[0][3] =   data[31]; buffer[0][4] =   data[32]; buffer[0][5] =   data[33]; buffer[0][6] =          0; buffer[0][7] =          0; buffer[0][8] =   data[40]; buffer[0][9] =   data[41]; buffer[0][10] =   data[42]; buffer[0][11] =   data[43]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =          0; buffer[0][15] =          0; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  21) {
            buffer[0][0] =   data[30]; buffer[0][1] =   data[31]; buffer[0][2] =   data[32]; buffer[0][3] =   data[33]; buffer[0][4] =   data[34]; buffer[0][5] =   data[35]; buffer[0][6] =   data[40]; buffer[0][7] =   data[41]; buffer[0][8] =   data[42]; buffer[0][9] =   data[43]; buffer[0][10] =   data[44]; buffer[0][11] =   data[45]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =          0; buffer[0][15] =          0; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  22) {
            buffer[0][0] =   data[32]; buffer[0][1] =   data[33]; buffer[0][2] =   data[34]; buffer[0][3] =   data[35]; buffer[0][4] =   data[36]; buffer[0][5] =   data[37]; buffer[0][6] =   data[42]; buffer[0][7] =   data[43]; buffer[0][8] =   data[44]; buffer[0][9] =   data[45]; buffer[0][10] =   data[46]; buffer[0][11] =   data[47]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =          0; buffer[0][15] =          0; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  23) {
            buffer[0][0] =   data[34]; buffer[0][1] =   data[35]; buffer[0][2] =   data[36]; buffer[0][3] =   data[37]; buffer[0][4] =   data[38]; buffer[0][5] =   data[39]; buffer[0][6] =   data[44]; buffer[0][7] =   data[45]; buffer[0][8] =   data[46]; buffer[0][9] =   data[47]; buffer[0][10] =   data[48]; buffer[0][11] =   data[49]; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =          0; buffer[0][15] =          0; buffer[0][16] =          0; buffer[0][17] =          0;

        }
        if (partition ==  24) {
            buffer[0][0] =   data[36]; buffer[0][1] =   data[37]; buffer[0][2] =   data[38]; buffer[0][3] =   data[39]; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =   data[46]; buffer[0][7] =   data[47]; buffer[0][8] =   data[48]; buffer[0][9] =   data[49]; buffer[0][10] =          0; buffer[0][11] =          0; buffer[0][12] =          0; buffer[0][13] =          0; buffer[0][14] =          0; buffer[0][15] =          0; buffer[0][16] =          0; buffer[0][17] =          0;

        }
    }
};
template<class data_T, typename CONFIG_T>
class fill_buffer_7 : public nnet::FillConv2DBuffer<data_T, CONFIG_T> {
    public:
    static void fill_buffer(
        data_T data[CONFIG_T::in_height * CONFIG_T::in_width * CONFIG_T::n_chan],
        data_T buffer[CONFIG_T::n_pixels][CONFIG_T::filt_height * CONFIG_T::filt_width * CONFIG_T::n_chan],
        const unsigned partition
    ) {
        if (partition ==   0) {
            buffer[0][0] =    data[0]; buffer[0][1] =    data[1]; buffer[0][2] =    data[2];

        }
        if (partition ==   1) {
            buffer[0][0] =    data[3]; buffer[0][1] =    data[4]; buffer[0][2] =    data[5];

        }
        if (partition ==   2) {
            buffer[0][0] =    data[6]; buffer[0][1] =    data[7]; buffer[0][2] =    data[8];

        }
        if (partition ==   3) {
            buffer[0][0] =    data[9]; buffer[0][1] =   data[10]; buffer[0][2] =   data[11];

        }
        if (partition ==   4) {
            buffer[0][0] =   data[12]; buffer[0][1] =   data[13]; buffer[0][2] =   data[14];

        }
        if (partition ==   5) {
            buffer[0][0] =   data[15]; buffer[0][1] =   data[16]; buffer[0][2] =   data[17];

        }
        if (partition ==   6) {
            buffer[0][0] =   data[18]; buffer[0][1] =   data[19]; buffer[0][2] =   data[20];

        }
        if (partition ==   7) {
            buffer[0][0] =   data[21]; buffer[0][1] =   data[22]; buffer[0][2] =   data[23];

        }
        if (partition ==   8) {
            buffer[0][0] =   data[24]; buffer[0][1] =   data[25]; buffer[0][2] =   data[26];

        }
        if (partition ==   9) {
            buffer[0][0] =   data[27]; buffer[0][1] =   data[28]; buffer[0][2] =   data[29];

        }
        if (partition ==  10) {
            buffer[0][0] =   data[30]; buffer[0][1] =   data[31]; buffer[0][2] =   data[32];

        }
        if (partition ==  11) {
            buffer[0][0] =   data[33]; buffer[0][1] =   data[34]; buffer[0][2] =   data[35];

        }
        if (partition ==  12) {
            buffer[0][0] =   data[36]; buffer[0][1] =   data[37]; buffer[0][2] =   data[38];

        }
        if (partition ==  13) {
            buffer[0][0] =   data[39]; buffer[0][1] =   data[40]; buffer[0][2] =   data[41];

        }
        if (partition ==  14) {
            buffer[0][0] =   data[42]; buffer[0][1] =   data[43]; buffer[0][2] =   data[44];

        }
        if (partition ==  15) {
            buffer[0][0] =   data[45]; buffer[0][1] =   data[46]; buffer[0][2] =   data[47];

        }
        if (partition ==  16) {
            buffer[0][0] =   data[48]; buffer[0][1] =   data[49]; buffer[0][2] =   data[50];

        }
        if (partition ==  17) {
            buffer[0][0] =   data[51]; buffer[0][1] =   data[52]; buffer[0][2] =   data[53];

        }
        if (partition ==  18) {
            buffer[0][0] =   data[54]; buffer[0][1] =   data[55]; buffer[0][2] =   data[56];

        }
        if (partition ==  19) {
            buffer[0][0] =   data[57]; buffer[0][1] =   data[58]; buffer[0][2] =   data[59];

        }
        if (partition ==  20) {
            buffer[0][0] =   data[60]; buffer[0][1] =   data[61]; buffer[0][2] =   data[62];

        }
        if (partition ==  21) {
            buffer[0][0] =   data[63]; buffer[0][1] =   data[64]; buffer[0][2] =   data[65];

        }
        if (partition ==  22) {
            buffer[0][0] =   data[66]; buffer[0][1] =   data[67]; buffer[0][2] =   data[68];

        }
        if (partition ==  23) {
            buffer[0][0] =   data[69]; buffer[0][1] =   data[70]; buffer[0][2] =   data[71];

        }
        if (partition ==  24) {
            buffer[0][0] =   data[72]; buffer[0][1] =   data[73]; buffer[0][2] =   data[74];

        }
    }
};

} // namespace nnet

#endif
